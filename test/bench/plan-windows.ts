import { HOUR, MaintenanceKey, MINUTE, type MaintenanceService } from '../../lib/index.js';

/** Windows of one key: as many as it may have. */
const OF_ONE_KEY = 100;

const nameOf = (index: number): string => `planned-${index}`;

/** Keys for so many windows. */
export const keysForWindows = (windows: number): MaintenanceKey[] =>
  Array.from({ length: Math.ceil(windows / OF_ONE_KEY) }, (_, index) => new MaintenanceKey(nameOf(index)));

/** Plans so many, the first of them in an hour. */
export async function planWindows(service: MaintenanceService, windows: number): Promise<void> {
  for (let i = 0; i < windows; i++) {
    const start = new Date(Date.now() + HOUR + Math.floor(i / 10) * HOUR);
    await service.scheduleWindow(nameOf(Math.floor(i / OF_ONE_KEY)), {
      start: new Date(start.getTime() + (i % 10) * 5 * MINUTE),
      duration: 3 * MINUTE,
      reopenOver: MINUTE,
    });
  }
}
