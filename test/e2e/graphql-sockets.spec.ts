import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  Injectable,
  UseGuards,
  type CanActivate,
  type DynamicModule,
  type PipeTransform,
} from '@nestjs/common';
import { Args, GraphQLModule, Mutation, Query, Resolver, Subscription } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { MaintenanceService } from 'nestjs-maintenance';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { maintenance, serviceOf } from '../apps/shop.js';
import { createExpressApp, createFastifyApp, type CreateApp } from '../support/apps.js';
import { request } from '../support/http.js';
import { Gates } from '../support/gates.js';
import { until } from '../support/until.js';
import { sendBySocket } from '../support/graphql-socket.js';

/** Milliseconds in which work would long have begun if it were to. */
const MOMENT = 300;

let gates: Gates;
beforeEach(() => (gates = new Gates()));

/** An application's own, which takes its time. */
@Injectable()
class SlowGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    await gates.pass('guard');
    return true;
  }
}

class SlowPipe implements PipeTransform<string, Promise<string>> {
  async transform(text: string): Promise<string> {
    if (text === 'at once') return text;
    await gates.pass('pipe');
    if (text === 'wrong') throw new Error('on purpose');
    return text;
  }
}

@Resolver()
class NotesResolver {
  @Query(() => String)
  read(): string {
    return 'read';
  }

  @UseGuards(SlowGuard)
  @Mutation(() => String)
  guarded(): Promise<string> {
    return gates.pass('guarded');
  }

  @Mutation(() => String)
  piped(@Args('text', SlowPipe) text: string): Promise<string> {
    return gates.pass(text);
  }

  @UseGuards(SlowGuard)
  @Subscription(() => String, { resolve: (note: string) => note })
  async *notes(): AsyncGenerator<string> {
    yield await gates.pass('notes');
  }
}

@Resolver()
class HoldingResolver {
  constructor(private readonly service: MaintenanceService) {}

  @Mutation(() => String)
  holding(): Promise<string> {
    return this.service.maintain('general', () => 'worked', { drain: 2_000 });
  }
}

const apollo = (more: Partial<ApolloDriverConfig> = {}): DynamicModule =>
  GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    autoSchemaFile: true,
    subscriptions: { 'graphql-ws': true },
    ...more,
  });

/** As many applications have it, so that guards find a token at the same place. */
const withHeaders = (): DynamicModule =>
  apollo({
    context: ({ req, res, connectionParams }: { req?: object; res?: object; connectionParams?: object }) =>
      res ? { req, res } : { req: { headers: connectionParams ?? {} } },
  });

/** With the handshake as the request. */
const withHandshake = (): DynamicModule =>
  apollo({
    context: ({ req, res, extra }: { req?: object; res?: object; extra?: { request: object } }) =>
      extra ? { req: extra.request } : { req, res },
  });

const mercurius = (): DynamicModule =>
  GraphQLModule.forRoot<MercuriusDriverConfig>({
    driver: MercuriusDriver,
    autoSchemaFile: true,
    subscription: { fullWsTransport: true },
  });

const servers: [name: string, create: CreateApp, graphql: () => DynamicModule][] = [
  ['Apollo on Express', createExpressApp, () => apollo()],
  ['Apollo on Express, with headers in its context', createExpressApp, withHeaders],
  ['Apollo on Express, with the handshake in its context', createExpressApp, withHandshake],
  ['Apollo on Fastify', createFastifyApp, () => apollo()],
  ['Mercurius', createFastifyApp, mercurius],
];

describe.each(servers)('GraphQL over a websocket, %s', (_name, create, graphql) => {
  const start = () =>
    create({ imports: [maintenance(), graphql()], providers: [NotesResolver, HoldingResolver] });
  const reaches = (gate: string) => until(() => gates.begun.includes(gate), { what: gate });

  it.each([
    ['mutation', 'mutation { guarded }', 'guarded'],
    ['subscription', 'subscription { notes }', 'notes'],
  ])('a %s that other guards delay is refused if a key is on by then', async (_kind, query, gate) => {
    await using running = await start();
    gates.open(gate);
    const answer = sendBySocket(running, query);
    await reaches('guard');
    await serviceOf(running).maintain('general', async () => {
      gates.open('guard');
      expect(await answer).toContain('"code":"MAINTENANCE"');
      expect(gates.begun).not.toContain(gate);
    });
    expect(await sendBySocket(running, query)).toContain(`"${gate}"`);
  });

  it('a mutation is waited for from before its pipes until its resolver has ended', async () => {
    await using running = await start();
    const answer = sendBySocket(running, 'mutation { piped(text: "resolver") }');
    await reaches('pipe');
    const work = serviceOf(running).maintain('general', () => [...gates.ended]);
    await delay(MOMENT);
    gates.open('pipe');
    await reaches('resolver');
    await delay(MOMENT);
    gates.open('resolver');
    expect(await work).toContain('resolver');
    expect(await answer).toContain('"piped":"resolver"');
  });

  it('so is one that the same mutation over HTTP overtakes', async () => {
    await using running = await start();
    const answer = sendBySocket(running, 'mutation { piped(text: "resolver") }');
    await reaches('pipe');
    gates.open('at once');
    const json = { query: 'mutation { piped(text: "at once") }' };
    const { text } = await request(running.port, '/graphql', { method: 'POST', json });
    expect(text).toContain('"piped":"at once"');
    const work = serviceOf(running).maintain('general', () => [...gates.ended]);
    await delay(MOMENT);
    ['pipe', 'resolver'].forEach((gate) => gates.open(gate));
    expect(await work).toContain('resolver');
    expect(await answer).toContain('"piped":"resolver"');
    // and nothing is left of it
    expect(await serviceOf(running).maintain('general', () => 'worked', { drain: 2_000 })).toBe('worked');
  });

  it('a mutation may hold a key that refuses it', async () => {
    await using running = await start();
    expect(await sendBySocket(running, 'mutation { holding }')).toContain('"holding":"worked"');
  });

  it('nothing is left of a mutation that has been refused, or has failed, before its resolver', async () => {
    await using running = await start();
    const answer = sendBySocket(running, 'mutation { guarded }');
    await reaches('guard');
    const service = serviceOf(running);
    await service.setMaintenance(true);
    gates.open('guard');
    expect(await answer).toContain('"code":"MAINTENANCE"');
    await service.setMaintenance(false);
    gates.open('pipe');
    expect(await sendBySocket(running, 'mutation { piped(text: "wrong") }')).toContain('on purpose');
    expect(await service.maintain('general', () => 'worked', { drain: 2_000 })).toBe('worked');
  });
});
