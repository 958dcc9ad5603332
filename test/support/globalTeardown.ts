export default async function globalTeardown(): Promise<void> {
  await (globalThis as { dureTestServer?: () => Promise<void> }).dureTestServer?.();
}
