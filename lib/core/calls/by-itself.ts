import { inUsualWay } from '../history/way.js';
import { outsideOfCalls } from './current-call.js';

/**
 * Runs what belongs to nobody's call, wherever it is noticed: a call that makes a change, or is the first to see that a maintenance
 * is over, neither waits for what others do about that, nor holds their keys.
 */
export const byItself = (run: () => void): void => inUsualWay(() => outsideOfCalls(run));
