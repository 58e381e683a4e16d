#!/usr/bin/env node
// Old Nodes must be able to parse this file, to be told that they are too old: no static import, no top-level await, nothing newer than 2019.
var minimum = 24;

if (Number(process.versions.node.split('.')[0]) < minimum) {
  process.stderr.write(
    'leat needs Node ' +
      minimum +
      ' or newer; this is ' +
      process.version +
      ' (' +
      process.execPath +
      '). ' +
      'Install it, or `npm i -D node` in your project and use npx.\n',
  );
  process.exitCode = 2;
} else {
  import('node:module').then(function (module) {
    module.enableCompileCache();
    return import('../dist/bin/cli.js');
  });
}
