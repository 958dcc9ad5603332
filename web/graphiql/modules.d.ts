declare module '*?worker' {
  const create: new () => Worker;
  export default create;
}
declare var MonacoEnvironment: { getWorker(id: string, label: string): Worker } | undefined;
