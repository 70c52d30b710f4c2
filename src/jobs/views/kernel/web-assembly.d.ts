/** What is used of WebAssembly, whose types come with those of browsers only. */
declare namespace WebAssembly {
  /** Compiled code. It can be handed to other threads. */
  interface Module {
    readonly [Symbol.toStringTag]: string;
  }
  interface Memory {
    /** Another one after each growth. */
    readonly buffer: ArrayBuffer;
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, (...values: number[]) => number>>);
    readonly exports: object;
  }
  function compile(bytes: Uint8Array): Promise<Module>;
}
