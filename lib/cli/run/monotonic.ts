/** Milliseconds on a clock that all processes of this machine share and that only goes forward. */
export const monotonic = (): number => Number(process.hrtime.bigint() / 1_000n) / 1_000;
