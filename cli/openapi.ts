import type { Command } from 'commander';

/** `firstlight openapi`: prints the OpenAPI document of the HTTP interface. */
export function addOpenApi(program: Command): void {
  program
    .command('openapi')
    .description('print the OpenAPI document of the whole HTTP interface')
    .action(async () => {
      const { openApiDocument } = await import('../services/standalone/openapi.ts');
      console.log(JSON.stringify(openApiDocument, null, 2));
    });
}
