import type { Work } from '../cli.js';
import { toJson } from '../backend/json.js';
import type {
  MaintenanceWindowChanges,
  MaintenanceWindowOptions,
} from '../../core/windows/window-options.js';
import { EXIT, usage } from '../exit.js';
import { given, parseWhole } from '../option-values.js';
import { parseText } from '../texts.js';
import { formatDuration, formatMoment, parseDuration, parseEndWords, parseLength } from '../time.js';
import { findWindow } from './find-window.js';
import { actorOf, asQuestion, describeKey, noteVetoes, whatIsConcerned } from './shared.js';
import { describeWindow } from './window-table.js';
import { instantOfMoment, parseRepetition, parseWindowMoment, parseZone } from './window-times.js';

interface ScheduleOptions {
  readonly for?: string;
  readonly until?: string;
  readonly zone?: string;
  readonly repeat?: string;
  readonly repeatUntil?: string;
  readonly count?: string;
  readonly readOnly?: string;
  readonly reopenOver?: string;
  readonly announce?: string;
  readonly announcement?: readonly string[];
  readonly message?: readonly string[];
  readonly reason?: string;
  readonly actor?: string;
  readonly change?: string;
  readonly ifRevision?: string;
  readonly dryRun?: boolean;
}

type Plan = Omit<MaintenanceWindowChanges, 'actor' | 'ifRevision'>;

export const schedule: Work<ScheduleOptions> = async (
  { options, out, open, confirm },
  key = '',
  start,
  ...rest
) => {
  const checked = parsePlan(options, start, rest.flat());
  const { change: id } = options;
  const ifRevision = given(options.ifRevision, parseWhole, '--if-revision');
  if (id === undefined && ifRevision !== undefined) {
    throw usage('--if-revision needs --change.');
  }
  if (Object.keys(checked).length === 0) {
    throw usage(
      '--change changes nothing; give what is to be different, such as --for 3h or --message "Back soon".',
    );
  }
  const backend = await open();
  const concerned = await whatIsConcerned(backend, key);
  const before = id === undefined ? undefined : await findWindow(backend, id, key);
  // a time of day as the new end is the next one after the window's start
  const plan = before ? parsePlan(options, start, rest.flat(), Date.parse(before.start)) : checked;
  const does = describePlan(key, plan, id);
  if (options.dryRun) {
    const json = {
      dryRun: true,
      does,
      key: concerned.key,
      plan: toJson(plan),
      ...(before && { window: before }),
    };
    out.result(json, () => {
      out.line(`Would ${does}. Nothing was changed.`);
      out.line(`  now       ${describeKey(concerned.key)}`);
      (before ? describeWindow(before) : []).forEach((line) => out.line(`  ${line}`));
    });
    return EXIT.done;
  }
  await confirm(asQuestion(does));
  const actor = actorOf(backend, options, out);
  const window =
    id === undefined
      ? await backend.schedule(key, { ...(plan as MaintenanceWindowOptions), actor })
      : await backend.reschedule(id, { ...plan, actor, ifRevision });
  out.result({ window }, () => describeWindow(window).forEach((line) => out.line(line)));
  noteVetoes(backend, out);
  return EXIT.done;
};

/** @param present epoch ms of the present start, for a window that is changed */
function parsePlan(
  options: ScheduleOptions,
  begin: string | undefined,
  words: readonly string[],
  present = Date.now(),
): Plan {
  const { change, reason, announce } = options;
  const message = parseText(options.message, '--message');
  const announcement = parseText(options.announcement, '--announcement');
  const zone = parseZone(options.zone);
  const start = begin === undefined ? undefined : parseWindowMoment(begin, 'start', zone, Date.now());
  if (start === undefined && change === undefined) {
    throw usage('No start given; use: schedule billing 22:00 2h, or schedule billing 2027-03-28T02:30 2h.');
  }
  const end = parseEndWords(words, options);
  if (end.for === undefined && end.until === undefined && change === undefined) {
    throw usage('No end given; use: schedule billing 22:00 2h, or schedule billing 22:00 until 23:30.');
  }
  const repeat = parseRepetition(options, zone);
  return {
    ...(start && { start }),
    ...(end.for !== undefined && { duration: parseLength(end.for, 'how long') }),
    ...(end.until !== undefined && {
      end: parseWindowMoment(
        end.until,
        'until',
        zone,
        start ? instantOfMoment(start) : present,
        'not after the start',
      ),
    }),
    ...(repeat !== undefined && { repeat }),
    ...(options.readOnly !== undefined && { readOnly: parseDuration(options.readOnly, '--read-only') }),
    ...(options.reopenOver !== undefined && {
      reopenOver: parseDuration(options.reopenOver, '--reopen-over'),
    }),
    ...(announce !== undefined && {
      announce: /^(never|no|none)$/i.test(announce) ? false : parseDuration(announce, '--announce'),
    }),
    ...(announcement !== undefined && { announcement }),
    ...(message !== undefined && { message }),
    ...(reason !== undefined && { reason }),
  };
}

function describePlan(key: string, { start, end, duration, repeat }: Plan, id: string | undefined): string {
  const begins = start ? ` from ${formatMoment(new Date(instantOfMoment(start)))}` : '';
  const ends = end
    ? ` to ${formatMoment(new Date(instantOfMoment(end)))}`
    : duration !== undefined
      ? ` for ${formatDuration(duration)}`
      : '';
  const again = repeat ? `, repeating "${repeat.cron}"` : '';
  return id === undefined
    ? `plan a window of "${key}"${begins}${ends}${again}`
    : `change window ${id} of "${key}"${begins}${ends}${again}`;
}
