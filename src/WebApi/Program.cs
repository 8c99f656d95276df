using MusicGen.WebApi.CommandLine;
using MusicGen.WebApi.Configuration;

try
{
    return await Commands.RunAsync(args, DotEnv.ReadProcess());
}
catch (StartRefusedException e)
{
    return Answer.Refuse(e.Lines);
}
