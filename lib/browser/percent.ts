/** A part in whole percent, rounded down as the server does. @param value from 0 to 1 */
export const percentOf = (value: number): number => Math.floor(value * 100 + 1e-9);
