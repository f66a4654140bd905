import { All, Body, Controller, Get, Param, Post } from '@nestjs/common';
import {
  GENERAL_MAINTENANCE,
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import type { CreateApp, RunningApp } from '../support/apps.js';

/** Calls of handlers that should have been refused. */
export const reached: string[] = [];

@Controller('api')
class ApiController {
  @Get('x')
  read() {
    reached.push('GET api/x');
    return { reached: true };
  }

  @Post('x')
  write(@Body() body: unknown) {
    reached.push('POST api/x');
    return { reached: true, body };
  }

  @All('any')
  any() {
    reached.push('ALL api/any');
    return { reached: true };
  }

  @Get('item/:id')
  item(@Param('id') id: string) {
    reached.push('GET api/item');
    return { id };
  }
}

@MaintenanceExempt()
@Controller('health')
class HealthController {
  @Get()
  health() {
    return { up: true };
  }
}

@Controller('status')
class StatusController {
  @Get('live')
  live() {
    return { live: true };
  }
}

@MaintenanceExempt('general')
@MaintenanceKeys('billing')
@Controller('billing')
class BillingController {
  @Get()
  bill() {
    return { bill: 1 };
  }
}

export const MESSAGE = `</script><script>alert(1)</script> "quoted" 'single' $' javascript:alert(1)`;
export const BYPASS_SECRET = 'a-long-and-random-bypass-secret!!';

interface WithHeaders {
  readonly headers: Readonly<Record<string, unknown>>;
}

const isOperator = ({ headers }: WithHeaders): boolean =>
  String(headers['cookie'] ?? '').includes('operator=yes');

export type Site = RunningApp & { service: MaintenanceService };

/** A site with everything switched on that could be abused. */
export async function createSite(
  createApp: CreateApp,
  trustProxy = false,
  options: MaintenanceRootOptions = {},
): Promise<Site> {
  const running = await createApp(
    {
      imports: [
        MaintenanceModule.forRoot({
          keys: [
            new MaintenanceKey('billing', { scope: 'marked', label: '<b>Billing</b>' }),
            new MaintenanceKey('hidden-key', { public: false, order: 5 }),
          ],
          ignorePaths: ['/status'],
          bypass: { ips: ['10.0.0.0/8', '2001:db8::/32'], secret: BYPASS_SECRET },
          permissions: (_permission, subject) =>
            isOperator(
              subject.type === 'http'
                ? (subject.request as WithHeaders)
                : (subject.socket as { handshake: WithHeaders }).handshake,
            ),
          ...options,
        }),
      ],
      controllers: [ApiController, HealthController, StatusController, BillingController],
    },
    undefined,
    { trustProxy },
  );
  return Object.assign(running, { service: running.app.get(MaintenanceService) });
}

/** The same in maintenance: everybody is refused, and there is something to keep from them. */
export async function startSite(createApp: CreateApp, trustProxy = false): Promise<Site> {
  const site = await createSite(createApp, trustProxy);
  await closeSite(site);
  return site;
}

export async function closeSite({ service }: Site, message = MESSAGE): Promise<void> {
  const operator = { reason: 'SECRET-REASON', actor: 'SECRET-ACTOR' };
  await service.setMaintenance(true, GENERAL_MAINTENANCE, { message, timeout: 3_600_000, ...operator });
  await service.setMaintenance(true, 'hidden-key', operator);
}
