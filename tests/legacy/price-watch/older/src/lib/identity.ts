export const SLUG = "price-watch";
export const VERSION = "1.2.0";
