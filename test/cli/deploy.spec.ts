import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { parse } from 'yaml';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMaintenance, type StandaloneMaintenance } from 'nestjs-maintenance/standalone';
import { end, watch } from '../support/process.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { MAIN } from './cli.js';

// What can be proven of sample/03-deploy without GitHub and without a cluster: GitHub's own parser and the models of Kubernetes take the
// files, and the very commands in them do their work against a real Redis.

const run = promisify(execFile);
const sample = (name: string) =>
  readFile(fileURLToPath(new URL(`../../sample/03-deploy/${name}`, import.meta.url)), 'utf8');

let server: RedisServer;
let watcher: StandaloneMaintenance;
let namespace: string;
let folder: string;

beforeAll(async () => {
  server = await RedisServer.start();
});
beforeEach(async () => {
  // a lock outlives whoever was killed
  namespace = randomUUID();
  const catalogue = `${namespace}:{${namespace}}:catalogue`;
  await server.client().hset(catalogue, 'billing', `${Date.now()}|{"label":"Billing"}`);
  watcher = await createMaintenance({ redis: server.url, namespace });
  folder = await mkdtemp(join(tmpdir(), 'maintenance-deploy-'));
  await mkdir(join(folder, 'node_modules/.bin'), { recursive: true });
  await mkdir(join(folder, 'bin'));
  const program = async (path: string, text: string) => {
    await writeFile(join(folder, path), `#!/bin/sh\n${text}\n`);
    await chmod(join(folder, path), 0o755);
  };
  const ours = `exec '${process.execPath}' '${MAIN}' "$@"`;
  await program('node_modules/.bin/nestjs-maintenance', ours);
  // npx finds ours beside it; prisma is one that writes down what it is given, and ends when it may
  await program(
    'bin/npx',
    `if [ "$1" = nestjs-maintenance ]; then shift; ${ours}; fi
trap 'echo INT >> '${folder}/calls'; exit 130' INT
trap 'echo TERM >> '${folder}/calls'; exit 143' TERM
echo "$@ $MAINTENANCE_KEY $DATABASE_URL" >> '${folder}/calls'
while [ ! -s '${folder}/done' ]; do sleep 0.05; done
exit "$(cat '${folder}/done')"`,
  );
});
afterEach(async () => {
  await watcher.close();
  await rm(folder, { recursive: true, force: true });
});
afterAll(() => server.stop());

const calls = () => readFile(join(folder, 'calls'), 'utf8').catch(() => '');
const begins = () => until(async () => (await calls()) !== '', { timeout: 20_000, what: 'the migration' });
const isOn = async () => {
  await watcher.refresh();
  return watcher.isActive('billing');
};
const MIGRATION = 'prisma migrate deploy billing postgres://shop\n';

function start([command = '', ...args]: readonly string[]): ChildProcess {
  const env = {
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    HOME: folder,
    MAINTENANCE_REDIS_URL: server.url,
    MAINTENANCE_NAMESPACE: namespace,
    DATABASE_URL: 'postgres://shop',
  };
  return watch(spawn(command, args, { cwd: folder, env, stdio: 'ignore' }));
}

async function endsWith(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

/** What each is to do: the migration runs while the key is on, its exit code comes back, and it hears what asks for an end. */
function provesItself(startIt: () => Promise<ChildProcess>, stop: 'SIGINT' | 'SIGTERM', code: number) {
  it('migrates while the key is on, and ends with the exit code of the migration', async () => {
    for (const given of [0, 3]) {
      await rm(join(folder, 'calls'), { force: true });
      await rm(join(folder, 'done'), { force: true });
      const child = await startIt();
      await begins();
      expect({ on: await isOn(), calls: await calls() }).toEqual({ on: true, calls: MIGRATION });
      const ended = endsWith(child);
      await writeFile(join(folder, 'done'), String(given));
      expect({ ended: await ended, on: await isOn() }).toEqual({ ended: given, on: false });
    }
  });

  it(`the migration gets the ${stop} sent to the process`, async () => {
    const child = await startIt();
    await begins();
    const ended = endsWith(child);
    child.kill(stop);
    expect({ ended: await ended, on: await isOn() }).toEqual({ ended: code, on: false });
    expect(await calls()).toBe(`${MIGRATION}${stop.slice(3)}\n`);
  });

  it('is killed as a whole: the key stays on, and the migration ends before its lease does', async () => {
    const child = await startIt();
    await begins();
    await end(child, 'SIGKILL');
    await until(async () => (await calls()).endsWith('TERM\n'), { timeout: 15_000, what: 'the end' });
    expect(await isOn()).toBe(true);
  });
}

describe('github-actions.yml', () => {
  const parsed = async (text: string) => {
    const { context, value } = parseWorkflow(
      { name: 'deploy.yml', content: text },
      new NoOperationTraceWriter(),
    );
    return {
      errors: context.errors.getErrors().map(({ message }) => message),
      template: value && (await convertWorkflowTemplate(context, value)),
    };
  };
  const migrate = async () => {
    const { jobs } = parse(await sample('github-actions.yml')) as {
      jobs: { migrate: { steps: { name?: string; run?: string; env?: Record<string, string> }[] } };
    };
    return jobs.migrate.steps.find(({ name }) => name === 'Migrate')!;
  };

  it("is a valid workflow for GitHub's parser", async () => {
    const text = await sample('github-actions.yml');
    const { errors, template } = await parsed(text);
    expect(errors).toEqual([]);
    expect(template?.jobs).toHaveLength(1);
    expect((await parsed(text.replace('timeout-minutes', 'timeout-minute'))).errors).not.toEqual([]);
  });

  it('takes its settings from secrets', async () => {
    expect((await migrate()).env).toEqual({
      MAINTENANCE_REDIS_URL: '${{ secrets.REDIS_URL }}',
      DATABASE_URL: '${{ secrets.DATABASE_URL }}',
    });
  });

  provesItself(
    async () => {
      const { run: script = '' } = await migrate();
      // as the runner does where a step names no shell
      await writeFile(join(folder, 'step.sh'), script);
      return start(['bash', '-e', join(folder, 'step.sh')]);
    },
    'SIGINT',
    130,
  );
});

describe('kubernetes-job.yaml', () => {
  interface Manifest {
    spec: {
      template: {
        spec: {
          terminationGracePeriodSeconds: number;
          containers: { command: string[]; args: string[]; env: { name: string; valueFrom: object }[] }[];
        };
      };
    };
  }
  const manifest = async () => parse(await sample('kubernetes-job.yaml')) as Manifest;

  it('is a valid Kubernetes Job without misspelt fields', async () => {
    const given = await manifest();
    expect(() => new Job(given as never).validate()).not.toThrow();
    const { spec } = given.spec.template;
    expect(Object.keys(given)).toEqual(['apiVersion', 'kind', 'metadata', 'spec']);
    expect(Object.keys(given.spec)).toEqual(['backoffLimit', 'template']);
    expect(Object.keys(spec)).toEqual(['restartPolicy', 'terminationGracePeriodSeconds', 'containers']);
    expect(Object.keys(spec.containers[0]!)).toEqual(['name', 'image', 'command', 'args', 'env']);
    const wrong = { ...given, spec: { ...given.spec, backoffLimit: 'two' } };
    expect(() => new Job(wrong as never).validate()).toThrow('backoffLimit');
  });

  it('takes its variables from a secret, and has more time to end than the lease', async () => {
    const { containers, terminationGracePeriodSeconds } = (await manifest()).spec.template.spec;
    expect(containers[0]!.env).toEqual([
      { name: 'MAINTENANCE_REDIS_URL', valueFrom: { secretKeyRef: { name: 'shop', key: 'redis-url' } } },
      { name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: 'shop', key: 'database-url' } } },
    ]);
    expect(terminationGracePeriodSeconds).toBeGreaterThan(30);
  });

  provesItself(
    async () => {
      const [container] = (await manifest()).spec.template.spec.containers;
      return start([...container!.command, ...container!.args]);
    },
    'SIGTERM',
    143,
  );
});

describe('deploy.sh', () => {
  it('asks the doctor, migrates while the key is on, and starts the new version', async () => {
    await writeFile(join(folder, 'deploy.sh'), await sample('deploy.sh'));
    await writeFile(join(folder, 'start-new-version.sh'), '#!/bin/sh\necho started >> calls\n', {
      mode: 0o755,
    });
    const child = start(['sh', 'deploy.sh']);
    await begins();
    expect(await isOn()).toBe(true);
    const ended = endsWith(child);
    await writeFile(join(folder, 'done'), '0');
    expect({ ended: await ended, calls: await calls() }).toEqual({
      ended: 0,
      calls: `${MIGRATION}started\n`,
    });
  });

  it('stops at the first error', async () => {
    await writeFile(join(folder, 'bin/npx'), '#!/bin/sh\necho "$@" >> calls\n[ "$2" != run ]\n', {
      mode: 0o755,
    });
    await writeFile(join(folder, 'deploy.sh'), await sample('deploy.sh'));
    const failed = await run('sh', ['deploy.sh'], {
      cwd: folder,
      env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` },
    }).catch((error: { code: number }) => error);
    expect(failed).toMatchObject({ code: 1 });
    expect(await calls()).toMatch(
      /^nestjs-maintenance doctor\nnestjs-maintenance run billing .* -- npx prisma migrate deploy\n$/,
    );
  });
});
