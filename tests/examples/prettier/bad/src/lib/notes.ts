export const colors = { red: 1 };

export const names = ['red','green'];
