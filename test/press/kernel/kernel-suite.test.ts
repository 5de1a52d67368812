/** The public conformance suite for Jupyter kernels, jupyter_kernel_test, with what it is to know of this one. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { it } from 'node:test';
import { spawnSync } from 'node:child_process';
import { jupyter, python } from '../jupyter/support.js';

const suite = `
import unittest
import jupyter_kernel_test

class Fathom(jupyter_kernel_test.KernelTests):
    kernel_name = 'fathom-test'
    language_name = 'typescript'
    file_extension = '.ts'
    code_hello_world = 'console.log("hello, world")'
    code_stderr = 'console.error("wrong")'
    completion_samples = [
        {'text': 'Math.ma', 'matches': {'max'}},
        {'text': 'import { join } from "node:pat', 'matches': {'node:path', 'node:path/posix', 'node:path/win32'}},
    ]
    complete_code_samples = ['1', 'const a = 1;', 'function f() { return 1 }', 'list\\n  .map((x) => x)', '\`whole\`', '// remark']
    incomplete_code_samples = ['if (true) {', 'const a =', 'f(', '[1,', 'const t = \`open', '/* open', '(x) =>', 'list\\n  .', 'class A {\\n  m() {', '1 +']
    invalid_code_samples = ['const 1a = 2', 'f(]', 'let x = 1 2']
    code_generate_error = 'throw new Error("as expected")'
    code_execute_result = [
        {'code': '1 + 2', 'result': '3'},
        {'code': '"text"', 'result': "'text'"},
        {'code': '[{ a: 1 }]', 'mime': 'text/html'},
    ]
    code_display_data = [
        {'code': 'import * as tslab from "tslab"; tslab.display.html("<b>x</b>")', 'mime': 'text/html'},
        {'code': 'tslab.display.png(new Uint8Array([1]))', 'mime': 'image/png'},
    ]
    code_history_pattern = '1?+*'
    supported_history_operations = ('tail', 'range', 'search')
    code_inspect_sample = 'Math.max'
    code_clear_output = 'import { clearOutput } from "fathom"; console.log(1); clearOutput()'

unittest.main(verbosity=2)
`;

const missing =
  !existsSync(python) ||
  spawnSync(python, ['-c', 'import jupyter_kernel_test'], { stdio: 'ignore' }).status !== 0;

it("passes Jupyter's own conformance suite", {
  skip: missing && "no jupyter_kernel_test in the tests' Python (npm run setup -- --test)",
}, () => {
  const { env, folder } = jupyter();
  const { status, stderr } = spawnSync(python, ['-c', suite], {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: 240_000,
  });
  assert.equal(status, 0, stderr);
  const [, ran] = /Ran (\d+) tests/.exec(stderr) ?? [];
  const [, skipped = '0'] = /skipped=(\d+)/.exec(stderr) ?? [];
  // Skipped: the pager, which shows help texts of IPython.
  assert.ok(Number(ran) - Number(skipped) > 10, stderr);
});
