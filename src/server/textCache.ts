/** Persisted queries in memory, shared by all schemas of this process and bounded by their total length. */
export class TextCache {
  private readonly texts = new Map<string, string>();
  private length = 0;

  constructor(private readonly limit: number) {}

  async get(key: string): Promise<string | undefined> {
    return this.texts.get(key);
  }

  async set(key: string, text: string): Promise<void> {
    await this.delete(key);
    if (text.length > this.limit) return;
    this.texts.set(key, text);
    this.length += text.length;
    for (const oldest of this.texts.keys()) {
      if (this.length <= this.limit) break;
      await this.delete(oldest);
    }
  }

  async delete(key: string): Promise<boolean> {
    this.length -= this.texts.get(key)?.length ?? 0;
    return this.texts.delete(key);
  }
}
