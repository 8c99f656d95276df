using Microsoft.AspNetCore.Mvc.Formatters;

namespace MusicGen.WebApi.Http;

/// <summary>Reads bodies with <see cref="StrictJson"/>; the only reader of bodies that there is.</summary>
internal sealed class StrictJsonInputFormatter : InputFormatter, IInputFormatterExceptionPolicy
{
    public StrictJsonInputFormatter()
    {
        SupportedMediaTypes.Add("application/json");
    }

    /// <summary>A body that comes too slowly or is too large is no malformed one: its own answer is the edge's to give.</summary>
    public InputFormatterExceptionPolicy ExceptionPolicy => InputFormatterExceptionPolicy.MalformedInputExceptions;

    public override async Task<InputFormatterResult> ReadRequestBodyAsync(InputFormatterContext context)
    {
        var body = await BodyReader.ReadAsync(context.HttpContext);
        if (body.IsEmpty && context.TreatEmptyInputAsDefaultValue)
            return await InputFormatterResult.NoValueAsync();
        var value = StrictJson.Read(body.IsEmpty ? "null"u8.ToArray() : body, context.ModelType, WireJson.Options, out var faults);
        if (faults.Count == 0)
            return await InputFormatterResult.SuccessAsync(value!);

        // Beside the model state, whose names are the framework's: these are the wire's already.
        context.HttpContext.Features.Set(new BodyFaults(faults));
        context.ModelState.TryAddModelError(StrictJson.Body, "The body is not valid.");
        return await InputFormatterResult.FailureAsync();
    }

    /// <summary>Everything: a body of another type was refused before, and without a body there is no type to look at.</summary>
    public override bool CanRead(InputFormatterContext context) => true;

    protected override bool CanReadType(Type type) => true;
}

/// <summary>What is wrong with a body, by wire name.</summary>
internal sealed record BodyFaults(IReadOnlyDictionary<string, string[]> ByField);

internal static class BodyReader
{
    /// <summary>The whole body, which the server has bounded.</summary>
    /// <exception cref="BadHttpRequestException">It is too large, ended too early, takes too long, or its chunks are none.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context)
    {
        using var buffer = new MemoryStream();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(RequestTime.ForBody);
        try
        {
            await context.Request.Body.CopyToAsync(buffer, patience.Token);
        }
        catch (OperationCanceledException e) when (!context.RequestAborted.IsCancellationRequested)
        {
            throw new BadHttpRequestException("The body takes too long.", StatusCodes.Status408RequestTimeout, e);
        }
        catch (IOException e) when (e is not BadHttpRequestException && !context.RequestAborted.IsCancellationRequested)
        {
            // Kestrel's word for a chunk's size that no number holds: the client's fault, not ours.
            throw new BadHttpRequestException("The body can't be read.", StatusCodes.Status400BadRequest, e);
        }

        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }
}
