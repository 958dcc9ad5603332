import yauzl from 'yauzl';

/** The files of an archive, by name. */
export async function unzip(archive: Buffer): Promise<Readonly<Record<string, string>>> {
  const zip = await new Promise<yauzl.ZipFile>((done, fail) => yauzl.fromBuffer(archive, { lazyEntries: true }, (error, opened) => (error ? fail(error) : done(opened))));
  const files: Record<string, string> = {};
  return new Promise((done, fail) => {
    zip.on('error', fail).on('end', () => done(files)).on('entry', (entry: yauzl.Entry) => zip.openReadStream(entry, (error, stream) => {
      if (error) return fail(error);
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', fail).on('end', () => { files[entry.fileName] = Buffer.concat(chunks).toString('utf8'); zip.readEntry(); });
    }));
    zip.readEntry();
  });
}
