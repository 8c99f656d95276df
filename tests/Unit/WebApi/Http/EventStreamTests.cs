using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using MusicGen.Application.Generations;
using MusicGen.Application.Generations.ListenToGeneration;
using MusicGen.Application.Generations.WatchGeneration;
using MusicGen.Application.Sessions;
using MusicGen.Domain.Identity;
using MusicGen.Domain.Sessions;
using MusicGen.Unit.Support;
using MusicGen.WebApi.Http;
using MusicGen.WebApi.Security;

namespace MusicGen.Unit.WebApi.Http;

/// <summary>A stream of a task that goes on for ever ends within 15 s of what opened it.</summary>
public sealed class EventStreamTests
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(15);

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly FakeGate _gate = new();
    private readonly FakeSessionStore _sessions = new();
    private readonly UserId _user = new(Guid.CreateVersion7());

    [Fact]
    public async Task It_ends_at_the_beat_after_its_session()
    {
        var session = SessionId.New();
        _sessions.Open.Add(new SessionReference(_user, session));
        var stream = Run(new Caller { Id = _user, Session = session });
        await BeatAsync(stream, goesOn: true);

        _sessions.Open.Clear();

        await BeatAsync(stream, goesOn: false);
    }

    [Fact]
    public async Task It_ends_at_the_beat_after_its_personal_token_was_ended()
    {
        _gate.LivingTokens.Add("hash");
        var stream = Run(new Caller { Id = _user, PersonalToken = new PersonalTokenGrant("hash", TokenScopes.Read, _clock.GetUtcNow().AddDays(1)) });
        await BeatAsync(stream, goesOn: true);

        _gate.LivingTokens.Clear();

        await BeatAsync(stream, goesOn: false);
    }

    [Fact]
    public async Task It_ends_at_the_beat_after_its_personal_token_expired()
    {
        _gate.LivingTokens.Add("hash");
        var stream = Run(new Caller { Id = _user, PersonalToken = new PersonalTokenGrant("hash", TokenScopes.Read, _clock.GetUtcNow().AddSeconds(16)) });

        await BeatAsync(stream, goesOn: true);
        await BeatAsync(stream, goesOn: false);
    }

    [Fact]
    public async Task Sound_ends_with_its_session_too_and_not_as_if_it_were_whole()
    {
        var session = SessionId.New();
        _sessions.Open.Add(new SessionReference(_user, session));
        var connection = new Connection();
        var http = Request(new Caller { Id = _user, Session = session });
        http.Features.Set<IHttpRequestLifetimeFeature>(connection);
        await using var held = new HeldStream(http, new Place());
        var sound = new SoundStreamResult(new HeardSound(null, new LiveFile(1000, Begun(TestContext.Current.CancellationToken))), held);
        var running = sound.ExecuteResultAsync(new ActionContext(http, new RouteData(), new ActionDescriptor()));
        _clock.Advance(Beat);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        Assert.False(running.IsCompleted);

        _sessions.Open.Clear();
        _clock.Advance(Beat);

        await running.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.True(connection.IsAborted);
        Assert.Equal((1000, 10), (http.Response.ContentLength, http.Response.Body.Length));
    }

    private (Task Running, MemoryStream Body) Run(Caller caller)
    {
        var http = Request(caller);
        var result = new EventStreamResult(Never(), new Place());
        return (result.ExecuteResultAsync(new ActionContext(http, new RouteData(), new ActionDescriptor())), (MemoryStream)http.Response.Body);
    }

    private DefaultHttpContext Request(Caller caller)
    {
        var http = new DefaultHttpContext
        {
            RequestServices = new ServiceCollection()
                .AddSingleton<TimeProvider>(_clock).AddSingleton<IRequestGate>(_gate).AddSingleton<ISessionStore>(_sessions)
                .AddSingleton<IHostApplicationLifetime, NeverStops>()
                .BuildServiceProvider(),
        };
        http.Response.Body = new MemoryStream();
        http.Features.Set(caller);
        return http;
    }

    private async Task BeatAsync((Task Running, MemoryStream Body) stream, bool goesOn)
    {
        var before = stream.Body.Length;
        _clock.Advance(Beat);
        for (var wait = 0; wait < 200 && !stream.Running.IsCompleted && stream.Body.Length == before; wait++)
            await Task.Delay(10, TestContext.Current.CancellationToken);
        if (goesOn)
            Assert.False(stream.Running.IsCompleted);
        else
            await stream.Running.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(goesOn, stream.Body.Length > before);
    }

    private static async IAsyncEnumerable<GenerationEvent> Never([EnumeratorCancellation] CancellationToken ct = default)
    {
        await Task.Delay(Timeout.Infinite, ct);
        yield break;
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Begun([EnumeratorCancellation] CancellationToken ct = default)
    {
        yield return new byte[10];
        await Task.Delay(Timeout.Infinite, ct);
    }

    private sealed class Connection : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; }

        public bool IsAborted { get; private set; }

        public void Abort() => IsAborted = true;
    }

    private sealed class Place : IEventStream
    {
        public Task<bool> RenewAsync(CancellationToken ct) => Task.FromResult(true);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class NeverStops : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication()
        {
        }
    }
}
