import { createHmac, timingSafeEqual } from "node:crypto";

import type { RouteRequest } from "@axon/core";

import { InvalidSettingsError, InvalidSignatureError } from "./errors.js";
import type { Settings } from "./settings.js";

export const SIGNATURE_HEADER = "x-axon-signature";

/** HMAC-SHA-256 of the raw body, in hexadecimal. */
export function sign(body: string, secret: string): string {
  return createHmac("sha256", secret).update(body).digest("hex");
}

/** Where the tenant asks for signed samples, refuse a body that is not. */
export function verifySignature(
  request: RouteRequest,
  ingest: Settings["ingest"],
): void {
  if (!ingest.require_signature) {
    return;
  }
  if (ingest.signing_secret === undefined) {
    throw new InvalidSettingsError(
      "ingest.require_signature needs ingest.signing_secret",
    );
  }
  const expected = Buffer.from(sign(request.rawBody, ingest.signing_secret));
  const given = Buffer.from(request.headers[SIGNATURE_HEADER] ?? "");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new InvalidSignatureError();
  }
}
