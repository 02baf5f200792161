import { expect, test } from "vitest";

import {
  InvalidSettingsError,
  InvalidSignatureError,
} from "../../src/lib/errors.js";
import {
  SIGNATURE_HEADER,
  sign,
  verifySignature,
} from "../../src/lib/signature.js";
import { requestOf } from "../support/context.js";

const shared = "an example of a shared secret";
const ingest = { require_signature: true, signing_secret: shared };

test("a request passes unsigned where no signature is required", () => {
  expect(() => {
    verifySignature(requestOf(), { require_signature: false });
  }).not.toThrow();
});

test.each([
  "",
  "00",
  sign("another body", shared),
  sign("{}", "another secret, also long"),
])("signature %j is refused", (signature) => {
  const request = requestOf({
    rawBody: "{}",
    headers: { [SIGNATURE_HEADER]: signature },
  });
  expect(() => {
    verifySignature(request, ingest);
  }).toThrow(InvalidSignatureError);
});

test("a missing secret is an error of the settings", () => {
  expect(() => {
    verifySignature(requestOf(), { require_signature: true });
  }).toThrow(InvalidSettingsError);
});
