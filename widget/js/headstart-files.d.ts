// Written by build/widget.mjs into widget.js.
declare module "headstart-files" {
  /** The name of the table of addresses in each thread. */
  export const TABLE: string;
  /** Bytes of each file, gzipped. */
  export const SIZES: Record<string, number>;
}
