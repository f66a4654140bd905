import type { Work } from '../cli.js';
import { EXIT } from '../exit.js';
import { describeWindow, WINDOW_COLUMNS } from './window-table.js';

export const windows: Work<object> = async ({ out, open }, key) => {
  const backend = await open();
  const all = await backend.windows(key);
  out.result({ place: backend.place, windows: all }, () => {
    const [first] = all;
    if (!first) {
      out.line('No window is planned.');
    } else if (all.length === 1) {
      describeWindow(first).forEach((line) => out.line(line));
    } else {
      out.table(all, WINDOW_COLUMNS);
    }
  });
  return EXIT.done;
};
