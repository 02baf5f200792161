import fs = require("node:fs");
const path = require("node:path");
export = { fs, path };
