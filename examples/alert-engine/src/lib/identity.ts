export const SLUG = "alert-engine";
export const VERSION = "1.0.0";
