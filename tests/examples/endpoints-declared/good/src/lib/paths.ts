export const NOTES_PATH = "/api/sample-module/notes";
