/** The tests run compiled (dist/test), so that what is tested is what is shipped. */
export default {
  rootDir: 'dist/test',
  testEnvironment: 'node',
  testMatch: ['**/*.test.js'],
  globalSetup: './support/globalSetup.js',
  globalTeardown: './support/globalTeardown.js',
  testTimeout: 30_000,
  maxWorkers: 2,
  transform: {},
};
