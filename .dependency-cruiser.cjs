// Who may import whom. The table itself is data, in scripts/import-table.json; ARCHITECTURE.md shows it (scripts/check-docs.ts compares the two).
// This file turns each row into a rule, and adds the rules that a table cannot say.
const { readdirSync } = require('node:fs');
const { builtinModules } = require('node:module');
const path = require('node:path');
const { rooms, drivers, sdks, dependencies } = require('./scripts/import-table.json');

const source = 'packages/leat/src';
const escaped = (text) => text.replaceAll(/[.\\/]/g, String.raw`\$&`);
const under = (place) => `^${escaped(`${source}/${place}`)}${place.endsWith('.ts') ? '$' : '/'}`;

// A test may reach for what it needs; cycles through tests are still refused.
const tests = String.raw`\.(test|fixture)\.ts$`;

function refuseUnknownRooms() {
  const unknown = readdirSync(path.join(__dirname, source)).filter((name) => !(name in rooms));
  if (unknown.length > 0) {
    const names = unknown.map((name) => `${source}/${name}`).join(', ');
    throw new Error(
      `${names}: not in scripts/import-table.json. Give it a row there and in ARCHITECTURE.md, or put it in a room.`,
    );
  }
}

const direction = Object.entries(rooms).map(([room, { mayImport }]) => ({
  name: `${room}-may-import`,
  comment: `${source}/${room} may import ${mayImport.join(', ') || 'nothing'} and itself.`,
  severity: 'error',
  from: { path: under(room), pathNot: tests },
  to: { path: `^${escaped(`${source}/`)}`, pathNot: [room, ...mayImport].map(under) },
}));

// A driver is opened by name, in one file. Nothing else knows which drivers exist, the other drivers least of all.
const driverBorders = drivers.flatMap(({ folder, openedBy, shared }) => {
  // A folder beside drivers may hold what they share.
  const driver = under(folder).replace('*', shared === undefined ? '([^/]+)' : `(?!${shared}/)([^/]+)`);
  return [
    {
      name: 'drivers-by-name',
      comment: `${source}/${folder} is a driver: only ${openedBy} imports it.`,
      severity: 'error',
      from: { path: `^${escaped(`${source}/`)}`, pathNot: [tests, driver, under(openedBy)] },
      to: { path: driver },
    },
    {
      name: 'drivers-apart',
      comment: `${source}/${folder} is a driver: it does not import another one.`,
      severity: 'error',
      from: { path: driver, pathNot: tests },
      to: { path: driver, pathNot: under(folder).replace('*', '$1') },
    },
  ];
});

const pure = Object.entries(rooms).flatMap(([room, { pure: whole, pureFiles = [] }]) =>
  whole ? [under(room)] : pureFiles.map((file) => under(`${room}/${file}`)),
);

// A vendor's SDK has edges: in each folder that needs it one file, which shows how much of it is used.
const sdkEdges = sdks.map(({ package: name, modules, importedBy }) => ({
  name: 'sdk-behind-its-edge',
  comment: `packages/${name} imports ${modules}… in files called ${importedBy} only.`,
  severity: 'error',
  from: { path: `^packages/${name}/src/`, pathNot: [tests, `/${escaped(importedBy)}$`] },
  to: { path: `node_modules/${escaped(modules)}` },
}));

refuseUnknownRooms();

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...direction,
    ...driverBorders,
    ...sdkEdges,
    {
      name: 'pure-reaches-no-io',
      comment:
        'A pure file reaches none of Node’s modules and no dependency that does I/O, through no other module either.',
      severity: 'error',
      from: { path: pure, pathNot: tests },
      to: {
        reachable: true,
        path: ['^node:', `^(${builtinModules.map(escaped).join('|')})$`, '(^|/)node_modules/(?!acorn/)'],
      },
    },
    {
      name: 'no-cycle',
      comment: 'Modules form no cycle, type imports included.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'core-knows-no-sdk',
      comment: `packages/leat depends on ${dependencies.join(', ')} and on nothing else: an SDK has a package of its own.`,
      severity: 'error',
      from: { path: `^${escaped(`${source}/`)}`, pathNot: tests },
      to: { path: 'node_modules/', pathNot: `node_modules/(${dependencies.map(escaped).join('|')})/` },
    },
    {
      name: 'packages-meet-at-their-exports',
      comment: 'A package imports another one by its public name.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/[^/]+/src/', pathNot: '^packages/$1/' },
    },
    {
      name: 'resolvable',
      comment: 'What is imported exists.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: 'tsc',
    tsPreCompilationDeps: true,
    exclude: { path: ['/dist/', '^\\.cache/'] },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
    cache: { folder: '.cache/dependency-cruiser', strategy: 'content' },
  },
};
