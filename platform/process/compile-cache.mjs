// Loaded before the program: Node then caches the compiled sources, and a later start need not load the code that strips
// the types. That saves 20 MB for the life of the process and a quarter of a second. Plain JavaScript, because it runs
// before TypeScript can. NODE_COMPILE_CACHE names the folder; the default is in the system's temporary folder.
import { enableCompileCache } from 'node:module';

enableCompileCache();
