# %% right="the share, and no overflow"
def open_engine(url: str, allowed: int, workers: int, patience: float) -> Engine:
    share = allowed // workers
    return create_engine(url, pool_size=share, max_overflow=0, pool_timeout=patience)


# %% right="one kept open, the rest in need"
def open_engine(url, allowed, workers, patience):
    share = int(allowed / workers)
    return create_engine(
        url, pool_size=1, max_overflow=share - 1, pool_timeout=patience, pool_pre_ping=True
    )


# %% right="a pool class of its own, with recycling"
def open_engine(url, allowed, workers, patience):
    from sqlalchemy.pool import QueuePool

    numbers = {"pool_size": allowed // workers, "max_overflow": 0, "timeout": patience}
    return create_engine(
        url,
        poolclass=QueuePool,
        pool_recycle=1800,
        pool_size=numbers["pool_size"],
        max_overflow=numbers["max_overflow"],
        pool_timeout=numbers["timeout"],
    )


# %% wrong="the overflow is forgotten" claim="pool_size_is_the_limit"
def open_engine(url, allowed, workers, patience):
    return create_engine(url, pool_size=allowed // workers, pool_timeout=patience)


# %% wrong="the workers are forgotten" claim="workers_share_a_pool"
def open_engine(url, allowed, workers, patience):
    return create_engine(url, pool_size=allowed, max_overflow=0, pool_timeout=patience)


# %% wrong="the patience is left at its default" claim="empty_pool_answers_soon" canary=true
def open_engine(url, allowed, workers, patience):
    return create_engine(url, pool_size=allowed // workers, max_overflow=0)


# %% wrong="everything at its default" claim="empty_pool_answers_soon" canary=true
def open_engine(url, allowed, workers, patience):
    return create_engine(url)


# %% wrong="rounded, not rounded down" claim=""
def open_engine(url: str, allowed: int, workers: int, patience: float) -> Engine:
    share = round(allowed / workers)
    return create_engine(url, pool_size=share, max_overflow=0, pool_timeout=patience)
