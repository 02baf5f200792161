export const SLUG = "sample-module";
export const VERSION = "1.0.0";
