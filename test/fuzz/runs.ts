/** How many inputs each property is tried with: few in the test command, many by `npm run fuzz`. */
export const runs = { numRuns: Number(process.env.FUZZ_RUNS ?? 300) };
