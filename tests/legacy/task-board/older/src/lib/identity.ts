export const SLUG = "task-board";
export const VERSION = "0.7.0";
