/** A fraction in whole percent, rounded down as on the server. @param value from 0 to 1 */
export const percentOf = (value: number): number => Math.floor(value * 100 + 1e-9);
