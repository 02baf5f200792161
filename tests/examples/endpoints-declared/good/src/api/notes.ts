import { NOTES_PATH } from "../lib/paths.js";
import { listNotes, readNote, removeNote } from "../lib/notes.js";

export const noteRoutes = [
  {
    method: "GET",
    path: NOTES_PATH,
    description: "Lists the tenant's notes.",
    authenticated: true,
    permissions: ["sample-module:notes:read"],
    handler: listNotes,
  },
  {
    method: "GET",
    path: `${NOTES_PATH}/:noteId`,
    description: "Shows a note.",
    authenticated: true,
    permissions: ["sample-module:notes:read"],
    handler: readNote,
  },
];
