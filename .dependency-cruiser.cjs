/**
 * The import law: which room may use which. `npm test -- imports` enforces it.
 *
 * Values are what a module loads when it runs; imports of types vanish in the build, so they are freer: only the
 * leaf, the sandbox and the rooms that nobody may know are closed to them too.
 */
const TYPES = ['type-only', 'type-import'];
const npm = (...names) => `(^|/)node_modules/(${names.join('|')})/`;
/** Any package but Temporal's. */
const DRIVERS = '(^|/)node_modules/(?!@temporalio/)';
const TEMPORAL = npm('@temporalio/[^/]+');

/** Everything that ships. */
const ROOMS = '^(domain|workflows|activities|documents|adapters|runtime|worker|client|simulation|audit|web)/';

/** What an operating system, or the sandbox, starts. */
const PROGRAMS = [
  '^worker/(main|bundle)\\.ts$',
  '^client/cli/main\\.ts$',
  '^web/main\\.ts$',
  '^simulation/[^/]+-main\\.ts$',
  '^simulation/record-goldens\\.ts$',
  // Preloaded by name (ADR 21).
  '^runtime/unwatched\\.cts$',
];

const BUNDLE_ENTRY = '^workflows/index\\.ts$';

/** The domain files that build zod schemas. A new one is added here, and is thereby closed to the sandbox. */
const ZOD_IN_DOMAIN = '^domain/(policy|forms[a-z-]*|message|organisation)\\.ts$';
/**
 * Domain files that stand on one of those, for rooms outside the sandbox only: `text` puts messages together, `processes`
 * names every process's forms (the sandbox sees it through the preloaded gate alone).
 */
const ON_ZOD_IN_DOMAIN = '^domain/(text|processes)\\.ts$';

/** A room and all it may load. Node's own modules are open to every room but the leaf and the sandbox. */
const room = (name, from, allowed, comment, { node = true, types = false } = {}) => ({
  name,
  comment,
  severity: 'error',
  from,
  to: {
    pathNot: allowed,
    dependencyTypesNot: [...(types ? [] : TYPES), ...(node ? ['core'] : [])],
    couldNotResolve: false,
  },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    // ------------------------------------------------------------------ rooms
    room(
      'domain-is-a-leaf',
      { path: '^domain/' },
      ['^domain/', npm('zod')],
      'The domain is pure: it runs in the sandbox, in the CLI and in tests alike, and its answers must not depend on where. No I/O, no Node, no Temporal, not even their types.',
      { node: false, types: true },
    ),
    room(
      'workflows-stay-in-the-sandbox',
      { path: '^workflows/' },
      ['^workflows/', '^domain/', npm('@temporalio/(workflow|common)')],
      'Workflow code is bundled and replayed for months: what it loads must be deterministic, and every change of it is a replay break. Side effects are named by the types of activities/contract.ts only.',
      { node: false },
    ),
    room(
      'workflows-name-the-contract-only',
      { path: '^workflows/' },
      ['^workflows/', '^domain/', '^activities/contract\\.ts$', npm('@temporalio/(workflow|common)')],
      'Even as a type a workflow knows of the outside world nothing but the contract; a type of an adapter would shape the manual by a driver.',
      { node: false, types: true },
    ),
    room(
      'activities-stand-on-ports',
      { path: '^activities/' },
      [
        '^activities/',
        '^domain/',
        '^documents/index\\.ts$',
        '^adapters/ports\\.ts$',
        npm('@temporalio/(activity|common)'),
      ],
      'An activity takes a port, does one thing and classifies the failure. Which driver is behind the port is the business of whoever wires it. Printing is no port: the same model makes the same bytes anywhere, so there is nothing to exchange.',
      { types: true },
    ),
    {
      name: 'the-contract-has-no-code',
      comment:
        'activities/contract.ts is the one file here that workflows may name. A value import in it would be one step from the bundle.',
      severity: 'error',
      from: { path: '^activities/contract\\.ts$' },
      to: { dependencyTypesNot: TYPES },
    },
    room(
      'documents-are-paper',
      { path: '^documents/' },
      ['^documents/', npm('@myriaddreamin/typst-ts-node-compiler')],
      'A form is given finished text and makes a file of it. It knows no case, no ledger and no clock, so that a page can be tested, and judged, by itself.',
    ),
    {
      name: 'only-activities-print',
      comment:
        'The compiler and its fonts cost some 50 MB of memory. A process that prints nothing must not be able to load them by chance. Deviation: the report of devices belongs to no case; the facade loads what prints it when it is asked for.',
      severity: 'error',
      from: { path: ROOMS, pathNot: '^(documents|activities)/|^client/device-ledger\\.ts$' },
      to: { path: '^documents/', dependencyTypesNot: TYPES },
    },
    room(
      'adapters-know-drivers-only',
      { path: '^adapters/' },
      ['^adapters/', '^domain/', DRIVERS],
      'An adapter speaks one wire protocol in the words of the domain. It must work, and be tested, without Temporal and without the rest of the product.',
    ),
    {
      name: 'adapters-do-not-know-each-other',
      comment:
        'One folder per port: a driver can be exchanged without opening another. What several need lies beside the folders.',
      severity: 'error',
      from: { path: '^adapters/([^/]+)/' },
      to: { path: '^adapters/[^/]+/', pathNot: '^adapters/$1/' },
    },
    {
      name: 'ports-are-free-of-drivers',
      comment: 'ports.ts is what activities see. A driver in it would be loaded, and named, by all of them.',
      severity: 'error',
      from: { path: '^adapters/ports\\.ts$' },
      to: { pathNot: '^domain/' },
    },
    room(
      'runtime-boots',
      { path: '^runtime/' },
      ['^runtime/', '^domain/', '^adapters/', '^worker/', TEMPORAL, DRIVERS],
      'What every process shares at boot. It does not know the desk, the simulator or the auditor, who start from it.',
    ),
    {
      name: 'only-the-stack-starts-workers',
      comment:
        'runtime and worker use each other: worker/main.ts boots with config and connection, runtime/stack.ts runs a worker in its own process. Kept apart here, so that it never becomes a cycle: of runtime only the stack loads worker, and worker never loads the stack.',
      severity: 'error',
      from: { path: '^runtime/', pathNot: '^runtime/stack\\.ts$' },
      to: { path: '^worker/', dependencyTypesNot: TYPES },
    },
    room(
      'worker-wires-ports',
      { path: '^worker/' },
      [
        '^worker/',
        '^activities/',
        '^adapters/',
        '^domain/',
        '^runtime/(?!stack\\.ts$)',
        npm('@temporalio/(worker|common)'),
      ],
      'The worker wires ports to activities and is given the workflows as a bundle path: loading workflow code outside the sandbox would run it outside the sandbox. Deviation: it boots with config, connection and ports of runtime, as every process does; see only-the-stack-starts-workers.',
    ),
    room(
      'the-facade-parses-authorises-sends',
      { path: '^client/', pathNot: '^client/cli/' },
      [
        '^client/(?!cli/)',
        '^domain/',
        '^runtime/',
        '^adapters/(ledger|storage)/',
        '^adapters/ports\\.ts$',
        '^documents/index\\.ts$',
        '^workflows/.+/messages\\.ts$',
        npm('@temporalio/(client|common)'),
        DRIVERS,
      ],
      'The facade is what CLI, web, simulator and auditor share: it reads the ledger and sends messages. It never sends mail or SMS (the case does), and of the workflows it knows the messages. Deviation: evidence is put into storage before its hash is sent, so storage is open to it as the ledger is.',
    ),
    room(
      'a-command-calls-the-facade',
      { path: '^client/cli/' },
      [
        '^client/',
        '^domain/',
        '^runtime/',
        '^workflows/.+/messages\\.ts$',
        '^adapters/(ports|organisation-file|mailbox|texts)\\.ts$',
        '^audit/(index|timeline)\\.ts$',
        '^simulation/(index|demo|result)\\.ts$',
        '^worker/(bundle|worker)\\.ts$',
        npm('@temporalio/client'),
        DRIVERS,
      ],
      'A command parses, calls, prints. Deviation: the CLI is the one place from which everything is started, so its commands reach the auditor and the simulator by their front doors (the timeline by its own, since the other loads the replayer), files on disk by their readers, and the bundle they hand to a replay. Nothing imports the CLI, so this closes no circle.',
    ),
    room(
      'the-simulator-runs-the-real-parts',
      { path: '^simulation/' },
      [
        '^simulation/',
        '^client/(?!cli/)',
        '^domain/',
        '^runtime/',
        '^adapters/',
        '^worker/(?!main\\.ts$)',
        '^audit/index\\.ts$',
        TEMPORAL,
        DRIVERS,
      ],
      'A scenario acts through the facade, as people do. Deviations: it runs real adapters and a real worker behind wrappers that can fail on command, and it asks the auditor (by its front door) whether each history replays.',
    ),
    room(
      'the-auditor-reads',
      { path: '^audit/' },
      [
        '^audit/',
        '^client/(?!cli/)',
        '^runtime/',
        '^domain/',
        '^adapters/ports\\.ts$',
        npm('@temporalio/(client|common|worker|proto)'),
        DRIVERS,
      ],
      'The auditor stands beside the product: he reads through the facade and the ports, so that a proof does not depend on the code that made the records.',
    ),
    room(
      'web-uses-the-facade',
      { path: '^web/' },
      ['^web/', '^client/(?!cli/)', '^domain/', DRIVERS],
      'A page can do what the desk can do and nothing else: one place decides what is allowed.',
    ),

    // ------------------------------------------------------ what nobody knows
    {
      name: 'nothing-imports-tests',
      comment:
        'What ships must not need what does not ship. One test file does not load another: it would run its tests twice.',
      severity: 'error',
      from: { pathNot: '^tests/' },
      to: { path: '^tests/' },
    },
    {
      name: 'test-files-stand-alone',
      comment: 'Importing a test file registers its tests a second time. What tests share is no test file.',
      severity: 'error',
      from: {},
      to: { path: '\\.test\\.ts$' },
    },
    {
      name: 'nothing-imports-bench-or-scripts',
      comment: 'They look at the product from outside.',
      severity: 'error',
      from: { pathNot: '^(bench|scripts)/' },
      to: { path: '^(bench|scripts)/' },
    },
    {
      name: 'nothing-imports-cli',
      comment:
        'A command is for people. Whoever wants to act calls the facade, which has one answer for all. Its own tests excepted.',
      severity: 'error',
      from: { pathNot: '^(client/cli|tests)/' },
      to: { path: '^client/cli/' },
    },
    {
      name: 'nothing-imports-web',
      comment: 'As with the CLI: pages are for people. Its own tests excepted.',
      severity: 'error',
      from: { pathNot: '^(web|tests)/' },
      to: { path: '^web/' },
    },
    {
      name: 'programs-are-not-imported',
      comment:
        'A program does its work when it is loaded; types of what it is asked and answers may be named. worker/bundle.ts is both and looks who asks.',
      severity: 'error',
      from: {},
      to: { path: PROGRAMS, pathNot: '^worker/bundle\\.ts$', dependencyTypesNot: TYPES },
    },
    {
      name: 'nothing-imports-the-build',
      comment: 'dist/ is made from these sources; importing it would make two of everything.',
      severity: 'error',
      from: {},
      to: { path: '^dist/' },
    },

    // ------------------------------------------------------- zod and the sandbox
    {
      name: 'zod-enters-the-sandbox-by-the-gate',
      comment:
        'zod evaluated in workflow code costs some 590 KB of heap for every cached workflow. workflows/case/gate.ts is preloaded once for all, builds its schemas in closures and gives out functions only.',
      severity: 'error',
      from: { path: '^workflows/', pathNot: '^workflows/case/gate\\.ts$' },
      to: { path: [ZOD_IN_DOMAIN, ON_ZOD_IN_DOMAIN, npm('zod')], dependencyTypesNot: TYPES },
    },
    {
      name: 'the-gate-is-for-workflows',
      comment: 'It exists because of the sandbox; everybody else asks domain/forms.ts.',
      severity: 'error',
      from: { path: ROOMS, pathNot: '^workflows/' },
      to: { path: '^workflows/case/gate\\.ts$' },
    },
    {
      name: 'zod-is-in-the-listed-domain-files-only',
      comment:
        'Keeps the rule above true through other modules: a domain file that loads zod, or a file that does, is on one of the two lists at the head of this file, and a file on neither reaches zod by no way.',
      severity: 'error',
      from: { path: '^domain/', pathNot: [ZOD_IN_DOMAIN, ON_ZOD_IN_DOMAIN] },
      to: { path: [ZOD_IN_DOMAIN, ON_ZOD_IN_DOMAIN, npm('zod')], dependencyTypesNot: TYPES },
    },

    // ------------------------------------------------------------- good order
    {
      name: 'no-circles',
      comment:
        'Two modules that load each other work or not depending on which comes first. Types are no loading, and a dynamic import runs when both are there.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: [...TYPES, 'dynamic-import'] } },
    },
    {
      name: 'no-dead-modules',
      comment: 'What no program reaches is not part of the product, whatever tests say of it.',
      severity: 'error',
      from: { path: [...PROGRAMS, BUNDLE_ENTRY, '^bench/[^/]+\\.ts$'] },
      to: { path: ROOMS, pathNot: [...PROGRAMS, BUNDLE_ENTRY], reachable: false },
    },
    {
      name: 'no-dead-test-support',
      comment: 'What no test reaches proves nothing.',
      severity: 'error',
      from: { path: '^tests/.+\\.test\\.ts$' },
      to: { path: '^tests/', pathNot: '\\.test\\.ts$', reachable: false },
    },
    {
      name: 'no-orphans',
      comment: 'A module that imports nothing and that nothing imports.',
      severity: 'error',
      from: { orphan: true, pathNot: ['(^|/)\\.[^/]+$', '\\.config\\.(js|ts)$'] },
      to: {},
    },
    {
      name: 'everything-resolves',
      comment: 'An import of a file or package that is not there.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'packages-are-declared',
      comment: 'A package that is there by chance is gone, or another version, at the next install.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'deprecated'] },
    },
    {
      name: 'no-development-packages-in-the-product',
      comment: 'They are not installed where the product runs.',
      severity: 'error',
      from: { path: ROOMS },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: TYPES, pathNot: '(^|/)node_modules/@types/' },
    },
  ],
  options: {
    // 'specify' tells imports of types only from those of values.
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.check.json' },
    doNotFollow: { path: ['node_modules', '^dist/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
