/* eslint no-console: off */
/* eslint-disable */
/* oxlint-disable */
console.log("one");
console.log("two"); // eslint-disable-line
console.log("three"); // oxlint-disable-line no-console
// oxlint-disable-next-line
console.log("four");
// eslint-disable-next-line no-console -- a reason
console.log("five");
/* oxlint-disable no-console */ console.log("six"); /* oxlint-enable */
export const text = "oxlint-disable";
// @ts-ignore
console.log("seven");
