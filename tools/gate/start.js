// Plain JavaScript: a Node too old to run TypeScript can still say so.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 24 || (major === 24 && minor < 21)) {
  console.log(`Node ${process.versions.node} is older than 24.21. npm ci brings its own: run npm ci, then npm test.`);
  console.log('\n0 passed, 1 failed');
  process.exitCode = 1;
} else {
  await import('./main.ts');
}
