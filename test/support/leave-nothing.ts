import assert from 'node:assert/strict';
import { afterAll, vi } from 'vitest';

// Spec files share their process: what one of them leaves behind would meet the next one.

const environment = { ...process.env };

afterAll(() => {
  assert.equal(vi.isFakeTimers(), false, 'the clock is still a fake one');
  assert.deepEqual({ ...process.env }, environment);
});
