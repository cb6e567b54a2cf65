/** A stack that stays up (A1): one process here, only what is missing there, `kill -9` and Ctrl-C in between. */
import { createServer, type AddressInfo } from 'node:net';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMailbox } from '../../adapters/mailbox.js';
import { loadConfig } from '../../runtime/config.js';
import { answers, resolveEngine } from '../../runtime/engine.js';
import {
  House,
  ROOT,
  Running,
  WORKER,
  aftercare,
  isAlive,
  runNode,
  soon,
  type Env,
  type RunFile,
} from '../support/program.js';

const OPEN = ['--answer', 'problemType=productQuality', '--answer', 'matter=printer leaks ink'];

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Doctor {
  ok: boolean;
  checks: { name: string; state: 'ok' | 'warn' | 'fail' | 'skipped'; text: string; remedy?: string }[];
}
const unwell = (doctor: Doctor) =>
  doctor.checks.filter(({ state }) => state === 'fail' || state === 'skipped');

describe('aftercare up', () => {
  let house: House;
  let run: RunFile;
  let caseId: string;

  beforeAll(async () => {
    house = await House.open();
    run = (await house.runFile())!;
  });
  afterAll(() => house?.close());

  it('ends its start in an address block; stages are talk', async () => {
    const { stdout, stderr, pid } = house.up!;
    expect(stdout).toContain('Aftercare is up');
    expect(stdout).toContain(`Temporal UI  ${run.temporal!.uiUrl}`);
    expect(stdout).toContain(`Ledger       ${run.ledger!.url}`);
    expect(stdout).toContain(`SMTP         ${run.mail!.url}`);
    expect(stdout).toContain(`Data         ${house.home}`);
    expect(stdout).toMatch(/Bundle {7}[0-9a-f]{12}\n/);
    expect(stdout).toContain('\n0 open cases carried on\n');
    expect(stdout).toContain('Next, in a second terminal: npx aftercare inbox --as li.na');
    for (const stage of ['engine', 'temporal', 'ledger', 'mail', 'bundle', 'worker'])
      expect(stderr).toMatch(new RegExp(`^✓ ${stage} +\\d+\\.\\d s `, 'm'));
    expect(stderr).toContain('imported examples/organisation.yaml');
    expect(run.pid).toBe(pid);
    const web = await fetch(run.temporal!.uiUrl!);
    expect(web.status).toBe(200);
  });

  it('started again says where it runs already, and ends', async () => {
    const second = await house.run(['up']);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain(`Aftercare is running here already (process ${house.up!.pid})`);
    expect(second.stdout).toContain(run.temporal!.uiUrl!);
    expect(await house.runFile()).toEqual(run);
  });

  it('is seen by status, and found well by doctor', async () => {
    const [status, doctor] = await Promise.all([
      house.run(['status', '--json']),
      house.run(['doctor', '--json']),
    ]);
    expect(status.code).toBe(0);
    expect(status.json()).toMatchObject({
      running: true,
      openCases: 0,
      pendingIntakes: 0,
      pid: house.up!.pid,
      temporalAddress: run.temporal!.address,
      embedded: { temporal: true, ledger: true, mail: true },
    });
    expect(doctor.code).toBe(0);
    const found = doctor.json<Doctor>();
    expect(found.ok).toBe(true);
    expect(unwell(found)).toEqual([]);
    expect(found.checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['engine', 'temporal', 'worker', 'ledger', 'mail', 'sms', 'storage', 'policy']),
    );
  });

  it('killed with a complaint open goes on where it was', async () => {
    const opened = await house.run([
      'complaint',
      'open',
      ...OPEN,
      '--answer',
      'customer=qingshan',
      '--as',
      'li.na',
      '--json',
    ]);
    expect(opened.code, opened.stderr).toBe(0);
    caseId = opened.json()['case'] as string;
    const orphan = run.server!.pid;
    expect((await house.up!.signal('SIGKILL')).signal).toBe('SIGKILL');

    const meanwhile = await house.run(['status']);
    expect(meanwhile.code).toBe(4);
    expect(meanwhile.stderr).toContain('npm start');

    const again = await house.start();
    expect(again.stdout).toContain('\n1 open case carried on\n');
    run = (await house.runFile())!;
    expect(isAlive(orphan)).toBe(false);
    expect(run.server!.pid).not.toBe(orphan);

    const done = await house.run([
      'task',
      'complete',
      caseId,
      '--answer',
      'grade=general',
      '--as',
      'li.na',
      '--json',
    ]);
    expect(done.code, done.stderr).toBe(0);
    expect(done.json()).toMatchObject({
      case: caseId,
      status: 'open',
      next: [{ task: 'investigate', assignee: 'li.na' }],
    });
  });

  it('started with another version takes the open cases over, or refuses to start (house 4)', async () => {
    const versions = await mkdtemp(join(tmpdir(), 'aftercare-e2e-versions-'));
    const recorder = 'dist/workflows/case/recorder.js';
    const version = async (name: string, change: (code: string) => string) => {
      const root = join(versions, name);
      await cp(join(ROOT, 'dist'), join(root, 'dist'), { recursive: true });
      for (const part of ['node_modules', 'package.json', 'policy', 'examples'])
        await symlink(join(ROOT, part), join(root, part));
      const code = await readFile(join(root, recorder), 'utf8');
      await writeFile(join(root, recorder), change(code));
      return join(root, 'dist/program/aftercare.js');
    };
    const [broken, next] = await Promise.all([
      version('broken', (code) => code.replace('recordHere.record(', 'recordHere.store(')),
      version('next', (code) => `${code}\nexport const NEXT = true;\n`),
    ]);
    try {
      expect(await house.up!.signal('SIGINT')).toEqual({ code: 0, signal: null });
      const refused = await runNode([broken, 'up'], { home: house.home });
      expect(refused.code, refused.stderr).toBe(2);
      expect(refused.stderr).toMatch(/✗ [0-9a-f]{16} was not rolled out: 1 of 1 open case would stop\n {2}T/);
      expect(refused.stdout).toBe('');

      house.up = await Running.start([next, 'up'], /Ctrl-C stops/, { home: house.home });
      expect(house.up.stderr).toMatch(/✓ [0-9a-f]{16} is current after [0-9a-f]{16}: 1 open case replayed/);
      run = (await house.runFile())!;
      const answer = [
        '--answer',
        'finding=founded',
        '--answer',
        'cause=seal worn',
        '--as',
        'li.na',
        '--json',
      ];
      const done = await house.run(['task', 'complete', caseId, ...answer]);
      expect(done.code, done.stdout + done.stderr).toBe(0);
    } finally {
      await rm(versions, { recursive: true, force: true });
    }
  });

  it('stops on Ctrl-C with nothing left behind', async () => {
    const { up } = house;
    const engine = run.server!.pid;
    expect(isAlive(engine)).toBe(true);
    expect(await up!.signal('SIGINT')).toEqual({ code: 0, signal: null });
    expect(up!.stderr).toContain('Stopping; nothing is lost');
    expect(isAlive(engine)).toBe(false);
    expect(existsSync(join(house.home, 'run.lock'))).toBe(false);
    expect(await house.runFile()).toMatchObject({ state: 'stopped', server: null });
    for (const port of [run.temporal!.grpcPort, run.ledger!.port, run.mail!.port])
      expect(await answers(port)).toBe(false);
  });
});

describe('on parts that settings name', () => {
  let folder: string;
  let env: Env;
  let server: Running;
  let ledger: Running;
  let mail: Running;
  let worker: Running | null = null;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aftercare-e2e-parts-'));
    const engine = await resolveEngine(
      loadConfig({ HOME: process.env['HOME'], PATH: process.env['PATH'] }),
      {},
    );
    if (engine.kind !== 'binary') throw new Error('the environment names a Temporal server already');
    const port = await freePort();
    const inline = (code: string) => ['--input-type=module', '-e', code];
    [server, ledger, mail] = await Promise.all([
      Running.start(
        ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--headless'],
        /Temporal Server:/,
        {},
        engine.path,
      ),
      Running.start(
        inline(`import { startEmbeddedLedger } from './dist/runtime/ledger-embedded.js';
          const ledger = await startEmbeddedLedger(${JSON.stringify({ dataDir: join(folder, 'ledger'), cacheDir: loadConfig({ HOME: process.env['HOME'] }).cacheDir })});
          console.log('ledger at ' + ledger.url);`),
        /ledger at \S+\n/,
      ),
      Running.start(
        inline(`import { startMailListener } from './dist/adapters/mail/listener.js';
          const mail = await startMailListener({ mailbox: ${JSON.stringify(join(folder, 'post'))} });
          console.log('mail at ' + mail.url);`),
        /mail at \S+\n/,
      ),
    ]);
    env = {
      TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
      AFTERCARE_LEDGER_URL: /ledger at (\S+)/.exec(ledger.stdout)![1],
    };
  });
  afterAll(async () => {
    await worker?.end();
    await Promise.all([server, ledger, mail].map((part) => part?.end()));
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('up starts only what is missing, and stops only that', async () => {
    const house = await House.open(env);
    try {
      const run = await house.runFile();
      expect(run).toMatchObject({
        temporal: null,
        server: null,
        ledger: null,
        mail: { url: expect.stringMatching(/^smtp:/) },
      });
      expect(existsSync(join(house.home, 'ledger'))).toBe(false);
      expect(existsSync(join(house.home, 'temporal.db'))).toBe(false);
      expect(house.up!.stdout).toContain(`none of ours; server at ${env['TEMPORAL_ADDRESS']}`);
      expect(house.up!.stderr).toMatch(/✓ engine .*from .*TEMPORAL_ADDRESS/);
      const doctor = await house.run(['doctor', '--json']);
      expect(unwell(doctor.json<Doctor>())).toEqual([]);
      expect(await house.up!.signal('SIGINT')).toEqual({ code: 0, signal: null });
      expect(isAlive(server.pid)).toBe(true);
      expect(isAlive(ledger.pid)).toBe(true);
    } finally {
      await house.close();
    }
  });

  it('a worker of its own says what it lacks, and what cannot be reached', async () => {
    const lacks = await runNode([WORKER], { env: { ...env, AFTERCARE_HOME: folder } });
    expect(lacks.code).toBe(1);
    expect(lacks.stderr).toContain('AFTERCARE_SMTP_URL is not set');
    expect(lacks.stderr.trim().split('\n')).toHaveLength(1);
  });

  it('a worker of its own does the work of a desk that runs nothing', async () => {
    const apart: Env = {
      ...env,
      AFTERCARE_SMTP_URL: /mail at (\S+)/.exec(mail.stdout)![1],
      AFTERCARE_HOME: folder,
    };
    worker = await Running.start([WORKER], /"worker started"/, { env: apart });
    const desk = (...argv: string[]) => aftercare(argv, { env: apart });

    const [doctor, status] = await Promise.all([desk('doctor', '--json'), desk('status')]);
    expect(unwell(doctor.json<Doctor>())).toEqual([]);
    expect(doctor.code).toBe(0);
    expect(status.stdout).toContain('Aftercare is running on the parts that settings name');

    const opened = await desk(
      ...[
        'complaint',
        'open',
        ...OPEN,
        '--answer',
        'complainant.mail=fang@example.com',
        '--as',
        'li.na',
        '--json',
      ],
    );
    expect(opened.code, opened.stderr).toBe(0);
    const caseId = opened.json()['case'] as string;
    const done = await desk('task', 'complete', caseId, '--answer', 'grade=general', '--as', 'li.na');
    expect(done.stdout).toContain('✓ acknowledged; next: investigate, li.na');

    const filed = async () =>
      (await readMailbox(join(folder, 'post'))).filter((item) => item.to.includes('fang@example.com'));
    expect(await soon(async () => (await filed()).length > 0)).toBe(true);
    expect((await filed()).map((item) => item.text).join('\n')).toContain(caseId);

    expect(await worker.signal('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(existsSync(join(folder, 'run.json'))).toBe(false);
  });
});
