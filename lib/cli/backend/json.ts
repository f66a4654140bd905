/** A value as JSON gives it back: instants are text. */
export type Json<T> = T extends Date
  ? string
  : T extends (infer Item)[] | readonly (infer Item)[]
    ? Json<Item>[]
    : T extends object
      ? { [Key in keyof T]: Json<T[Key]> }
      : T;

export const toJson = <T>(value: T): Json<T> => JSON.parse(JSON.stringify(value)) as Json<T>;
