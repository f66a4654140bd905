import { Controller, Get, StreamableFile } from '@nestjs/common';
import { MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { IncomingMessage, ServerResponse, type Server } from 'node:http';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { until } from '../support/until.js';

/** Without a connection, as serverless-http and @codegenie/serverless-express make it: what is written is collected. */
class CollectedResponse extends ServerResponse {
  constructor(request: IncomingMessage) {
    super(request);
    this.assignSocket({
      _writableState: {},
      writable: true,
      on: Function.prototype,
      removeListener: Function.prototype,
      destroy: Function.prototype,
      cork: Function.prototype,
      uncork: Function.prototype,
      write: (_data: unknown, encoding: unknown, callback: unknown = encoding) => {
        if (typeof callback === 'function') {
          callback();
        }
        return true;
      },
    } as unknown as Socket);
  }
}

describe.each(adapters)('in a serverless function, on %s', (_name, createApp) => {
  it.each(['handlers', 'site'] as const)(
    'a request is over when its response is: coverage %s',
    async (coverage) => {
      const gates = new Gates();

      @Controller()
      class WorkController {
        @Get('quick')
        quick(): string {
          return 'done';
        }

        @Get('file')
        file(): StreamableFile {
          return new StreamableFile(Readable.from(['done']));
        }

        @Get('broken')
        broken(): never {
          throw new Error('on purpose');
        }

        @Get('work')
        work(): Promise<string> {
          return gates.pass('work');
        }
      }

      await using running = await createApp(
        {
          imports: [MaintenanceModule.forRoot({ socket: false, admin: false, coverage })],
          controllers: [WorkController],
        },
        (app) =>
          app
            .getHttpAdapter()
            .get('/plain', (_request: unknown, response: { send(body: string): void }) =>
              response.send('done'),
            ),
      );
      const server = running.app.getHttpServer() as Server;
      const get = async (url: string): Promise<number> => {
        const request = Object.assign(new IncomingMessage(new Socket()), {
          method: 'GET',
          url,
          headers: { host: 'shop' },
        });
        request.push(null);
        const response = new CollectedResponse(request);
        const finished = new Promise((resolve) => response.once('finish', resolve));
        server.emit('request', request, response);
        await finished;
        return response.statusCode;
      };
      const service = running.app.get(MaintenanceService);
      const paths = ['/quick', '/file', '/broken', '/plain', '/none'];
      expect(await Promise.all(paths.map(get))).toEqual([200, 200, 500, 200, 404]);
      expect(await service.maintain('general', () => 'began', { drain: 2_000 })).toBe('began');
      expect(await service.replicas()).toMatchObject([{ inFlight: 0 }]);

      const working = get('/work');
      await until(() => gates.begun.includes('work'));
      await expect(service.maintain('general', () => 'began', { drain: 150 })).rejects.toThrow('GET /work');
      gates.open('work');
      expect(await working).toBe(200);
      expect(await service.maintain('general', () => get('/quick'), { drain: 2_000 })).toBe(503);
    },
  );
});
