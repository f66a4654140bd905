import type { KeyRegistry } from '../core/keys/key-registry.js';
import type { StateManager } from '../core/state/state-manager.js';
import { describeMessage } from '../core/texts/maintenance-text.js';
import { announcedOccurrences, occurrenceAt } from '../core/windows/occurrences.js';
import type { Localizer } from '../i18n/localizer.js';
import { DEFAULT_ANNOUNCEMENT, MENU_TEXT } from '../i18n/texts.js';
import type { HttpReply } from '../request/http-reply.js';
import type { HttpRequest } from '../request/http-request.js';
import { renderCalendar, type CalendarEvent } from './calendar.js';
import { setHeader } from './http-port.js';
import type { OwnRoutes } from './own-routes.js';
import { preventCaching } from './prevent-caching.js';
import { sendBody } from './refusal/send-body.js';

/** `GET {path}/calendar.ics`: the planned windows of public keys that are announced or on, for calendars to subscribe to. */
export class CalendarRoute {
  constructor(
    routes: OwnRoutes,
    private readonly manager: StateManager,
    private readonly registry: KeyRegistry,
    private readonly localizer: Localizer,
  ) {
    routes.add('calendar.ics', (request, reply) => this.calendar(request, reply));
  }

  private calendar(request: HttpRequest, reply: HttpReply): void {
    const now = this.manager.store.now();
    const name = this.localizer.translate(MENU_TEXT, request);
    preventCaching(reply);
    setHeader(reply, 'Content-Type', 'text/calendar; charset=utf-8');
    sendBody(reply, 200, renderCalendar(name, this.events(request, now), new Date(now)));
  }

  private events(request: HttpRequest, now: number): CalendarEvent[] {
    const events: CalendarEvent[] = [];
    for (const key of this.registry.all()) {
      const windows = key.public ? this.manager.document?.keys.get(key.name)?.windows : undefined;
      const announced = windows?.filter(({ announce }) => announce !== null) ?? [];
      const seen = [
        ...announced.flatMap((window) => occurrenceAt(window, now) ?? []),
        ...announcedOccurrences(announced, now),
      ];
      for (const { window, start, end } of seen) {
        events.push({
          uid: `${window.id}.${start}@nestjs-maintenance`,
          sequence: window.revision - 1,
          start: new Date(start),
          end: new Date(end),
          summary: this.localizer.say(describeMessage(window.announcement), DEFAULT_ANNOUNCEMENT, request),
        });
      }
    }
    return events.sort((a, b) => a.start.getTime() - b.start.getTime());
  }
}
