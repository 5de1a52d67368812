// npm run bench -- <name> [arguments]: runs scripts/bench/<name>.ts as it was compiled, on the pinned Node.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { browserEnvironment, pinnedNode, root, runtimeEnvironment } from './runtime.mjs';

const folder = join(root, 'dist', 'scripts', 'bench');
const names = existsSync(folder)
  ? readdirSync(folder)
      .filter((file) => file.endsWith('.js'))
      .map((file) => file.slice(0, -3))
      .filter((name) => existsSync(join(root, 'scripts', 'bench', `${name}.ts`)))
  : [];
const [name, ...args] = process.argv.slice(2);
if (!names.includes(name)) {
  const list =
    names.length > 0 ? `There are: ${names.join(', ')}` : 'None is built yet: npm run setup';
  console.error(
    name === undefined ? `bench: which one? ${list}` : `bench: there is no "${name}". ${list}`,
  );
  process.exit(2);
}
const { status, error } = spawnSync(pinnedNode(), [join(folder, `${name}.js`), ...args], {
  cwd: root,
  env: { ...process.env, ...runtimeEnvironment(), ...browserEnvironment() },
  stdio: 'inherit',
});
if (error) throw error;
process.exitCode = status ?? 1;
