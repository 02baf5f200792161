/** The options of a request to somebody else are no route. */
export const options = { method: "PUT", path: "/v1/notes", port: 443 };
