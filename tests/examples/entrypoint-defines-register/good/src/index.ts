export { start as register } from "./register.js";
