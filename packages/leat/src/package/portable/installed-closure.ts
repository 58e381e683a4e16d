/** Installed packages with all that they need at run time, and where each goes in the `node_modules` of a code package. */
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LeatError } from '../../errors/index.ts';
import { packageFolder } from '../native-package.ts';

/** An installed package and its place in a code package. */
export interface PlacedPackage {
  readonly name: string;
  /** `node_modules/sharp`, `node_modules/a/node_modules/b`. */
  readonly place: string;
  /** Real path of its folder. */
  readonly folder: string;
  readonly reason: string;
}

/** Needed to install a package, and not to run it. */
const installers = new Set(['node-gyp', 'node-addon-api', 'nan', 'prebuild-install', 'prebuild', 'cmake-js']);

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/**
 * So deep may packages lie in each other's `node_modules`, many times as deep as npm puts them. Two packages that need each other, each in
 * another version than is at the top, have no end.
 */
const deepest = 16;

/** Packages that are taken along at most: those that need each other in turn could be put into each other very often. */
const mostPackages = 20_000;

/**
 * The packages that are wanted, in their places, and what they need: at the top as npm would put it, unless another version of it is
 * there. In the order of their places.
 *
 * @throws LeatError FLOW_LOAD when there would be no end of them
 */
export function installedClosure(wanted: readonly PlacedPackage[]): readonly PlacedPackage[] {
  const placed = new Map(wanted.map((each) => [each.place, each]));
  const open = [...placed.values()];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    for (const need of needsOf(next)) {
      const known = visibleFrom(next.place, need.name, placed);
      if (known?.folder === need.folder) continue;
      const own = `node_modules/${need.name}`;
      const place = known === undefined ? own : `${next.place}/${own}`;
      const fresh = { ...need, place, reason: `'${next.name}' needs it` };
      if (depthOf(place) > deepest || placed.size >= mostPackages) throw endless(place);
      placed.set(place, fresh);
      open.push(fresh);
    }
  }
  return [...placed.values()].toSorted((a, b) => (a.place < b.place ? -1 : 1));
}

const namesIn = (place: string): readonly string[] =>
  place
    .split('node_modules/')
    .slice(1)
    .map((name) => name.replace(/\/$/, ''));

const depthOf = (place: string): number => namesIn(place).length;

function endless(place: string): LeatError {
  const names = namesIn(place);
  const shown = names.slice(-6).join(' → ');
  const packages = [...new Set(names)];
  return new LeatError(
    'FLOW_LOAD',
    `the installed packages that the flow needs cannot be put into its code package: they need each other in ever other versions: … → ${shown}`,
    {
      hint: `Install one version of each of them (npm ls ${packages.slice(0, 6).join(' ')} shows which there are; "overrides" in package.json chooses one), then start again.`,
      details: { packages },
    },
  );
}

function needsOf({ folder }: PlacedPackage): readonly { readonly name: string; readonly folder: string }[] {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const { dependencies, optionalDependencies, peerDependencies } = manifest;
  const names = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }).toSorted();
  return names
    .filter((name) => !installers.has(name) && name !== 'leat' && !name.startsWith('@leat/'))
    .flatMap((name) => {
      const found = packageFolder(name, folder) ?? besides(name, folder);
      return found === undefined ? [] : { name, folder: realpathSync(found) };
    });
}

/** pnpm puts what a package needs beside it, in the `node_modules` that its real folder lies in; a scope is a folder more. */
const besides = (name: string, folder: string): string | undefined => packageFolder(name, dirname(folder));

/** What Node would find for a name from inside a package, by what has been placed so far. */
function visibleFrom(
  place: string,
  name: string,
  placed: ReadonlyMap<string, PlacedPackage>,
): PlacedPackage | undefined {
  const parts = place.split('/');
  for (let length = parts.length; length > 0; length -= 1) {
    const found = placed.get([...parts.slice(0, length), 'node_modules', name].join('/'));
    if (found !== undefined) return found;
  }
  return placed.get(`node_modules/${name}`);
}
