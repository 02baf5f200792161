import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { InvalidSettingsError } from "../../src/lib/errors.js";
import { settingsOf } from "../../src/lib/settings.js";
import { contextOf } from "../support/context.js";

interface Property {
  default?: unknown;
  properties?: Record<string, Property>;
}

function defaultsOf({ properties = {} }: Property): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties)
      .map(([name, property]) => [
        name,
        property.properties === undefined
          ? property.default
          : defaultsOf(property),
      ])
      .filter(([, value]) => value !== undefined) as [string, unknown][],
  );
}

test("the defaults are those of module_schema.json", () => {
  const schema = JSON.parse(
    readFileSync(new URL("../../module_schema.json", import.meta.url), "utf8"),
  ) as Property;
  expect(settingsOf(contextOf())).toEqual(defaultsOf(schema));
});

test("settings that the schema would refuse are refused here too", () => {
  expect(() => settingsOf(contextOf({ default_severity: "loud" }))).toThrow(
    InvalidSettingsError,
  );
});
