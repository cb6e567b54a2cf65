/** The production shape holds together: versions pinned, order and health stated, every variable explained, no secret. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { SETTING_NAMES } from '../../runtime/config.js';

interface Service {
  image?: string;
  build?: { context: string; dockerfile: string };
  command?: string[] | string;
  environment?: Record<string, string>;
  volumes?: string[];
  networks?: string[];
  ports?: string[];
  restart?: string;
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const text = read('docker-compose.yml');
const compose = parse(text, { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  networks: Record<string, unknown>;
};
const services = Object.entries(compose.services);
const example = new Map(
  read('deploy/env.example')
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
);
const dockerfile = read('deploy/Dockerfile');
/** One exact release: digits with at least one dot, no `latest`, no bare major. */
const PINNED = /:v?\d+\.\d+(\.\d+)?(-[\w.]+)?$/;

describe.each(services)('service %s', (_name, service) => {
  it('has a pinned image', () => {
    expect(service.image).toMatch(PINNED);
    if (service.build) expect(existsSync(join(ROOT, service.build.dockerfile))).toBe(true);
  });

  it('restarts, and says when it is well or what it waits for', () => {
    expect(service.restart).toBeTruthy();
    expect(service.healthcheck ?? service.depends_on).toBeTruthy();
  });

  it('waits for services that can reach what it waits for', () => {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const awaited = compose.services[other];
      expect(awaited, other).toBeDefined();
      if (condition === 'service_healthy') expect(awaited?.healthcheck, other).toBeDefined();
      if (condition === 'service_completed_successfully') expect(awaited?.restart).toMatch(/^on-failure/);
    }
  });

  it('mounts files and volumes that exist, and publishes on loopback only', () => {
    for (const volume of service.volumes ?? []) {
      const source = volume.split(':')[0]!;
      if (source.startsWith('.')) expect(existsSync(join(ROOT, source)), source).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
    for (const network of service.networks ?? []) expect(Object.keys(compose.networks)).toContain(network);
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('holds no secret, and only settings that the product knows', () => {
    for (const [key, value] of Object.entries(service.environment ?? {})) {
      if (/PASSWORD|PWD|KEY|SECRET/.test(key)) expect(value, key).toMatch(/^\$\{\w+(:\?[^}]*|:-)\}$/);
      if (key.startsWith('AFTERCARE_')) expect(SETTING_NAMES).toContain(key);
    }
  });
});

describe('docker-compose.yml', () => {
  it('uses variables that deploy/env.example explains, and that example has no others', () => {
    const used = [...text.matchAll(/(?<!\$)\$\{(\w+)/g)].map((match) => match[1]!);
    expect([...new Set(used)].sort()).toEqual([...example.keys()].sort());
  });

  it('has no passwords in the example: an empty one is refused at start', () => {
    for (const [name, value] of example) if (name.includes('PASSWORD')) expect(value, name).toBe('');
    for (const name of ['POSTGRES_PASSWORD', 'TEMPORAL_DB_PASSWORD', 'LEDGER_PASSWORD'])
      expect(text).toContain(`\${${name}:?`);
  });

  it('runs server and schema jobs of one version', () => {
    const versions = services
      .map(([, service]) => service.image ?? '')
      .filter((image) => /temporalio\/(server|admin-tools):/.test(image))
      .map((image) => image.split(':')[1]);
    expect(new Set(versions).size).toBe(1);
  });

  it('starts the worker from a file that the build makes', () => {
    expect(compose.services['worker']?.command).toEqual(['node', 'dist/worker/main.js']);
    expect(existsSync(join(ROOT, 'worker/main.ts'))).toBe(true);
    expect(dockerfile).toContain('CMD ["node", "dist/worker/main.js"]');
  });

  it('rolls out what it starts', () => {
    expect(compose.services['rollout']?.command).toEqual(['aftercare', 'rollout']);
    expect(Object.keys(compose.services['rollout']?.depends_on ?? {})).toEqual(['worker']);
  });

  it('tags the image with the version of the package', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    for (const name of ['worker', 'rollout', 'intake-sweep'])
      expect(compose.services[name]?.image).toBe(`aftercare:${version}`);
  });
});

describe('deploy/Dockerfile', () => {
  it('stands on one pinned glibc Node that the package allows', () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map((match) => match[1]!);
    expect(new Set(bases).size).toBe(1);
    expect(bases[0]).toMatch(/^node:(2[0-9])\.\d+\.\d+-bookworm-slim$/);
  });

  it('runs on UTC, without root, with a health check', () => {
    expect(dockerfile).toMatch(/\bTZ=UTC\b/);
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
    expect(compose.services['worker']?.environment?.['TZ']).toBe('UTC');
  });

  it('copies what exists', () => {
    const copied = [...dockerfile.matchAll(/^COPY --from=build \/app\/(\S+)/gm)].map((match) => match[1]!);
    const made = ['dist', 'node_modules'];
    expect(copied.filter((path) => !made.includes(path) && !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
