export const colors = { red: 1 };

// prettier-ignore
export const identity = [
  1, 0,
  0, 1,
];
