"""Answers that are sent as they are made, in bounded memory. It must not know what is in them."""

from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import chain

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

from decisions.feed import in_reader


def streamed(
    request: HttpRequest, chunks: Iterator[bytes], *, media: str, filename: str, inline: bool = False
) -> StreamingHttpResponse:
    """`chunks` as a file. The first one is made at once, so that what is wrong is a problem and not half a file."""
    first = next(chunks, b"")
    body: Iterable[bytes] = chain([first], chunks if request.method != "HEAD" else ())
    # Django gathers a plain iterator in memory where it serves ASGI, and an asynchronous one where it does not.
    content = _in_readers(iter(body)) if isinstance(request, ASGIRequest) else body
    return StreamingHttpResponse(
        content,
        content_type=media,
        headers={
            "Content-Disposition": f'{"inline" if inline else "attachment"}; filename="{filename}"',
            "Cache-Control": "no-store",
            # Django would gzip each chunk by itself, and many clients read the first of them only.
            "Content-Encoding": "identity",
        },
    )


async def _in_readers(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (chunk := await in_reader(next, chunks, None)) is not None:
        yield chunk
