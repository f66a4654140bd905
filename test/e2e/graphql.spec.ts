import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Args, GraphQLModule, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import {
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { maintenance, serviceOf } from '../apps/shop.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';

let stock = 0;

@Resolver()
class StockResolver {
  @Query(() => Int)
  stock(): number {
    return stock;
  }

  @Mutation(() => Int)
  restock(@Args('count', { type: () => Int }) count: number): number {
    return (stock += count);
  }

  @MaintenanceExempt()
  @Query(() => String)
  alive(): string {
    return 'alive';
  }

  @MaintenanceKeys('billing')
  @Query(() => Int)
  debts(): number {
    return 0;
  }
}

interface Result {
  data: Record<string, unknown> | null;
  errors?: { message: string; path: string[]; extensions: Record<string, unknown> }[];
}

const KEYS = [
  new MaintenanceKey('frozen', { readOnly: true }),
  new MaintenanceKey('billing', { scope: 'marked', order: -1 }),
];

describe.each(adapters)('GraphQL on %s', (_name, createApp) => {
  describe.each(['handlers', 'site'] as const)('with coverage %s', (coverage) => {
    const start = (options: MaintenanceRootOptions = {}, driver: Partial<ApolloDriverConfig> = {}) =>
      createApp({
        imports: [
          maintenance({ coverage, keys: KEYS, ...options }),
          GraphQLModule.forRoot<ApolloDriverConfig>({
            driver: ApolloDriver,
            autoSchemaFile: true,
            allowBatchedHttpRequests: true,
            csrfPrevention: false,
            ...driver,
          }),
        ],
        providers: [StockResolver],
      });

    const ask = async (port: number, query: string, headers = {}): Promise<Result> =>
      (await request(port, '/graphql', { method: 'POST', json: { query }, headers })).json<Result>();

    it('a refused resolver returns an error with all facts', async () => {
      await using running = await start();
      const { port } = running;
      stock = 1;
      expect(await ask(port, '{ stock }')).toEqual({ data: { stock: 1 } });
      const until = new Date(Date.now() + 60_000);
      await serviceOf(running).setMaintenance(true, 'general', {
        message: 'Counting.',
        until,
        reason: 'secret',
      });
      for (const query of ['{ stock }', 'mutation { restock(count: 1) }']) {
        const { data, errors } = await ask(port, query);
        expect(data).toBeNull();
        expect(errors).toHaveLength(1);
        expect(errors?.[0]).toMatchObject({
          message: 'Counting.',
          extensions: {
            code: 'MAINTENANCE',
            statusCode: 503,
            error: 'Service Unavailable',
            message: 'Counting.',
            maintenanceMode: true,
            retryAfter: expect.any(Number),
            until: until.toISOString(),
          },
        });
        expect(JSON.stringify(errors)).not.toContain('secret');
      }
      expect(stock).toBe(1);
    });

    it('exempt resolvers answer, beside refused ones and in batches', async () => {
      await using running = await start();
      await serviceOf(running).setMaintenance(true);
      expect(await ask(running.port, '{ alive }')).toEqual({ data: { alive: 'alive' } });
      const { data, errors } = await ask(running.port, '{ a: alive b: stock c: stock }');
      expect(data).toBeNull();
      expect(new Set(errors?.map(({ extensions }) => extensions['code']))).toEqual(new Set(['MAINTENANCE']));
      const batch = await request(running.port, '/graphql', {
        method: 'POST',
        json: [{ query: '{ alive }' }, { query: 'mutation { restock(count: 1) }' }],
      });
      const [first, second] = batch.json<Result[]>();
      expect(first).toEqual({ data: { alive: 'alive' } });
      expect(second?.errors?.[0]?.extensions['code']).toBe('MAINTENANCE');
    });

    it.each(['/graphql', '/api'])('ignorePaths match its path: %s', async (path) => {
      await using running = await start({ ignorePaths: [path] });
      await serviceOf(running).setMaintenance(true);
      stock = 1;
      const result = await ask(running.port, 'mutation { restock(count: 1) }');
      expect(result.data).toEqual(path === '/graphql' ? { restock: 2 } : null);
    });

    it("is refused below the library's own path", async () => {
      await using running = await start({ path: 'ops' }, { path: '/ops/graphql' });
      const service = serviceOf(running);
      const post = async (query: string) => {
        const answer = await request(running.port, '/ops/graphql', { method: 'POST', json: { query } });
        return answer.json<Result>();
      };
      await service.setMaintenance(true);
      stock = 1;
      for (const query of ['{ stock }', 'mutation { restock(count: 1) }']) {
        expect((await post(query)).errors?.[0]?.extensions).toMatchObject({ code: 'MAINTENANCE' });
      }
      expect(stock).toBe(1);
      expect(await post('{ alive }')).toEqual({ data: { alive: 'alive' } });
      expect((await request(running.port, '/ops/ping')).status).toBe(503);
      await service.setMaintenance(false);
      expect(await post('{ stock }')).toEqual({ data: { stock: 1 } });
    });

    it("a key's own ignorePaths, below a path of its own", async () => {
      const key = new MaintenanceKey('own', { ignorePaths: ['/api'] });
      await using running = await start({ keys: [...KEYS, key] }, { path: '/api/graph' });
      const post = async () =>
        (
          await request(running.port, '/api/graph', { method: 'POST', json: { query: '{ stock }' } })
        ).json<Result>();
      await serviceOf(running).setMaintenance(true, 'own');
      expect(await post()).toEqual({ data: { stock } });
      await serviceOf(running).setMaintenance(true);
      expect((await post()).errors?.[0]?.extensions['code']).toBe('MAINTENANCE');
    });

    it('readOnly keys let queries pass, whatever the HTTP method, and no mutation', async () => {
      await using running = await start();
      await serviceOf(running).setMaintenance(true, 'frozen');
      stock = 5;
      expect(await ask(running.port, '{ stock }')).toEqual({ data: { stock: 5 } });
      expect((await ask(running.port, 'query A { stock }')).errors).toBeUndefined();
      const refused = await ask(running.port, 'mutation { query: restock(count: 1) }');
      expect(refused.errors?.[0]?.extensions['code']).toBe('MAINTENANCE');
      expect(stock).toBe(5);
      const byGet = await request(running.port, `/graphql?query=${encodeURIComponent('{ stock }')}`);
      expect(byGet.json()).toEqual({ data: { stock: 5 } });
    });

    it('marked resolvers, bypass and language', async () => {
      await using running = await start({
        bypass: {
          when: ({ headers }: { headers: Record<string, string> }) => headers['x-staff'] === '1',
        },
        translate: (text, language) => `${language}:${text}`,
      });
      const service = serviceOf(running);
      await service.setMaintenance(true, 'billing', { message: 'Closed.' });
      expect((await ask(running.port, '{ stock }')).errors).toBeUndefined();
      expect((await ask(running.port, '{ debts }', { 'accept-language': 'de' })).errors?.[0]?.message).toBe(
        'de:Closed.',
      );
      expect(await ask(running.port, '{ debts }', { 'x-staff': '1' })).toEqual({ data: { debts: 0 } });
    });

    it('the response to a bypassed request is private, however many resolvers it took', async () => {
      await using running = await start(
        { bypass: { ips: ['127.0.0.0/8'] } },
        // on Fastify, Apollo's driver keeps the reply only when told to
        { context: (first: object, reply?: object) => (reply ? { reply } : first) },
      );
      await serviceOf(running).setMaintenance(true);
      const fields = Array.from({ length: 2_000 }, (_, index) => `f${index}: stock`).join(' ');
      const answer = await request(running.port, '/graphql', {
        method: 'POST',
        json: { query: `{${fields}}` },
      });
      expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'private, no-store' } });
      expect(answer.json<Result>().errors).toBeUndefined();
      await serviceOf(running).setMaintenance(false);
      const open = await request(running.port, '/graphql', { method: 'POST', json: { query: '{ stock }' } });
      expect(open.headers['cache-control']).not.toContain('private');
    });

    it('errors of GraphQL itself are unchanged', async () => {
      await using running = await start();
      await serviceOf(running).setMaintenance(true);
      const { errors } = await ask(running.port, '{ nothing }');
      expect(errors?.[0]?.extensions['code']).toBe('GRAPHQL_VALIDATION_FAILED');
    });
  });
});
