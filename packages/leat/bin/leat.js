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
  // A folder of the user's own: in Node's default one, which others may write to, they could leave code for us to run. Who has told Node of one keeps that.
  var home = process.env.XDG_CACHE_HOME || (process.env.HOME && process.env.HOME + '/.cache');
  var folder = home && !process.env.NODE_COMPILE_CACHE ? home + '/leat/compile' : undefined;
  if (folder) require('node:module').enableCompileCache(folder);
  require('../dist/bin/launch.cjs').launch(folder);
}
